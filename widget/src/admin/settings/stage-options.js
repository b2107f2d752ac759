/** Pipelines and stages as the options of a list; leads are never created as won, lost or unsorted. */

const WON_OR_LOST = [142, 143]; // amoCRM's own ids of these stages

/**
 * `nothing` is the label of no stage, `firstStage` of a pipeline's first one.
 * @param {any[]} stages @param {string} nothing @param {string} firstStage @returns {import('../form/inputs.js').Option[]}
 */
export function stageOptions(stages, nothing, firstStage) {
  /** @type {import('../form/inputs.js').Option[]} */
  const options = [{ value: null, label: nothing }];
  const pipelines = new Set();
  const isOne = new Set(stages.map((each) => each.pipeline_id)).size < 2;
  stages
    .filter((each) => !each.is_unsorted && !WON_OR_LOST.includes(each.status_id))
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
