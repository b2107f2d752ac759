import { fill, h } from '../../ui/dom.js';
import { choice } from '../form/inputs.js';
import { button } from '../form/form.js';

const PATH = 'settings.stages_by_did';

/** The dialled numbers that have a pipeline of their own: a control of one setting, a row for each number. */
export function didTable(form, say, stages) {
  let rows = Object.entries(form.get(PATH) || {}).map(([did, stage]) => ({ did, stage }));
  const list = h('div');
  const add = button(say('leads.add_did'), () => {
    rows = [...rows, { did: '', stage: stages[0]?.value ?? null }];
    draw();
    rows[rows.length - 1].input.focus();
  });
  const node = h('div', { role: 'group' }, list, add);

  const changed = () => {
    form.set(PATH, asSetting(rows));
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
  const wrong = () => list.querySelector('[aria-invalid]');
  return { node, focus: add, isGroup: true, mark, wrong, at: (rest) => whose(rest)[0]?.did ?? rest };
}

/** Rows without a number or a stage are not told yet; of a number that stands twice the first counts. */
export function asSetting(rows) {
  const told = {};
  rows.forEach(({ did, stage }) => {
    if (did && stage && !(did in told)) told[did] = stage;
  });
  return told;
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
