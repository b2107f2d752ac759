/** Pipelines and stages as the options of a list; leads are never made won, lost or unsorted. */

const OVER = [142, 143];

export function stageOptions(stages, nothing, firstStage) {
  const options = [{ value: null, label: nothing }];
  const pipelines = new Set();
  const isOne = new Set(stages.map((each) => each.pipeline_id)).size < 2;
  stages
    .filter((each) => !each.is_unsorted && !OVER.includes(each.status_id))
    .forEach((each) => {
      const { pipeline_id, status_id, pipeline: group } = each;
      const named = (name) => (isOne ? name : `${group}: ${name}`);
      if (!pipelines.has(pipeline_id))
        options.push({ value: { pipeline_id, status_id: null }, label: named(firstStage), group });
      pipelines.add(pipeline_id);
      options.push({ value: { pipeline_id, status_id }, label: named(each.name), group });
    });
  return options;
}
