/** Pipelines and stages as the options of a list; leads are never made won, lost or unsorted. */

const OVER = [142, 143];

export function stageOptions(stages, nothing, firstStage) {
  const options = [{ value: null, label: nothing }];
  const pipelines = new Set();
  stages.filter((each) => !each.is_unsorted && !OVER.includes(each.status_id)).forEach((each) => {
    const { pipeline_id, status_id, pipeline: group, name: label } = each;
    if (!pipelines.has(pipeline_id)) options.push({ value: { pipeline_id, status_id: null }, label: firstStage, group });
    pipelines.add(pipeline_id);
    options.push({ value: { pipeline_id, status_id }, label, group });
  });
  return options;
}
