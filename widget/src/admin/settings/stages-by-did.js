import { fill, h } from '../../ui/dom.js';
import { choice } from '../form/inputs.js';
import { button } from '../form/form.js';

const PATH = 'settings.stages_by_did';

/** The dialled numbers that have a pipeline of their own: a control of one setting, a row for each number. */
/** @returns {import('../form/form.js').Control} */
export function stagesByDid(form, say, stages) {
  /** @type {{did: string, stage: any, input?: any}[]} */
  let rows = Object.entries(form.get(PATH) || {}).map(([did, stage]) => ({ did, stage }));
  const list = h('div');
  const add = button(say('leads.add_did'), () => {
    rows = [...rows, { did: '', stage: stages[0]?.value ?? null }];
    draw();
    rows[rows.length - 1].input.focus();
  });
  const node = h('div', { role: 'group' }, list, add);

  const changed = () => {
    form.set(PATH, stagesOf(rows));
    rows.forEach(({ did, input }, index) => {
      const isDouble = did && rows.some((each, other) => other < index && each.did === did);
      input.setCustomValidity(isDouble ? say('leads.did_twice') : '');
      if (isDouble) input.reportValidity();
    });
  };
  const remove = (row) => {
    rows = rows.filter((each) => each !== row);
    draw();
    changed();
    add.focus();
  };
  const draw = () => fill(list, ...rows.map((row) => drawRow(row, { say, stages, changed, remove })));
  const whose = (rest) => rows.filter(({ did }) => did && (rest === did || rest.startsWith(`${did}.`)));
  const mark = (rests) => {
    const wrong = rests.flatMap(whose);
    rows.forEach(({ did, input }) => {
      if (wrong.some((each) => each.did === did)) input.setAttribute('aria-invalid', 'true');
      else input.removeAttribute('aria-invalid');
    });
  };
  draw();
  const wrong = () => /** @type {HTMLElement | null} */ (list.querySelector('[aria-invalid]'));
  return { node, focus: add, isGroup: true, mark, wrong, at: (rest) => whose(rest)[0]?.did ?? rest };
}

/** The setting; rows without a number or a stage are left out, of a number that is given twice the first counts. @param {{did: string, stage: any}[]} rows */
export function stagesOf(rows) {
  /** @type {Record<string, any>} */
  const stages = {};
  rows.forEach(({ did, stage }) => {
    if (did && stage && !Object.hasOwn(stages, did)) stages[did] = stage;
  });
  return stages;
}

function drawRow(row, { say, stages, changed, remove }) {
  row.input = h('input', {
    class: 'ps-input',
    type: 'tel',
    value: row.did,
    placeholder: '+7 495 000-00-00',
    'aria-label': say('leads.did'),
    oninput: () => {
      row.did = row.input.value.trim();
      changed();
    },
  });
  const stage = choice(stages, row.stage, (value) => {
    row.stage = value;
    changed();
  }).node;
  stage.setAttribute('aria-label', say('leads.did_stage'));
  return h(
    'div',
    { class: 'ps-did' },
    row.input,
    '→',
    stage,
    button(say('remove'), () => remove(row), 'ps-bare'),
  );
}
