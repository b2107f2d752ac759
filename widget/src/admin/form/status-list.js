import { h, icon } from '../../ui/dom.js';

/**
 * States of things as coloured marks with words: what works, what needs attention, what is still to do.
 * @typedef {'ok' | 'warn' | 'fail' | 'todo'} State
 * @typedef {{state: State, title: string, text: string, detail?: string, todo?: string}} StatusItem
 */

/** @type {Record<State, () => any>} */
const DRAWINGS = { ok: () => icon('check'), warn: () => '!', fail: () => icon('close'), todo: () => null };

/** A state as a coloured mark with its word for screen readers. @param {import('../../amocrm.js').Words} say @param {State} state */
export function stateMark(say, state) {
  return h('span', { class: 'ps-mark', role: 'img', 'aria-label': say(`state.${state}`) }, (DRAWINGS[state] || DRAWINGS.todo)());
}

/** A mark, a title, the state in words and what to do, for each item. @param {import('../../amocrm.js').Words} say @param {StatusItem[]} items */
export function statusList(say, items) {
  return h(
    'ul',
    { class: 'ps-lines' },
    items.map((each) => statusLine(say, each)),
  );
}

/** @param {import('../../amocrm.js').Words} say @param {StatusItem} item */
function statusLine(say, { state, title, text, detail, todo }) {
  return h(
    'li',
    { class: `ps-line ps-${state}` },
    stateMark(say, state),
    h(
      'div',
      {},
      h('p', {}, h('strong', {}, `${title}:`), ' ', text),
      detail && h('p', { class: 'ps-soft' }, detail),
      todo && h('p', { class: 'ps-todo' }, todo),
    ),
  );
}
