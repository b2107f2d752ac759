import { fill, h } from '../../ui/dom.js';

/** A list of values as chips that can be removed, and an input for more. */

/** Typed values: Enter, a comma or leaving the input adds; Backspace in an empty input removes the last. @param {Record<string, any>} options the values, what is called when they change, and attributes of the input */
export function typedChips({ values, changed, say, separator = /[,;\s]+/, shown = String, read = String, ...input }) {
  const list = chipList({ values, changed, say, shown });
  const add = () => {
    const typed = line.value
      .split(separator)
      .map((each) => each.trim())
      .filter(Boolean)
      .map(read);
    line.value = '';
    if (typed.length) list.set([...list.values(), ...typed.filter((each) => !list.values().includes(each))]);
  };
  const keys = (event) => {
    if (event.key === 'Enter' || event.key === ',') {
      event.preventDefault();
      add();
    } else if (event.key === 'Backspace' && !line.value) list.set(list.values().slice(0, -1));
  };
  const chosen = (event) => event.inputType === 'insertReplacementText' && add();
  const line = h('input', {
    class: 'ps-chips-line',
    autocomplete: 'off',
    onkeydown: keys,
    onblur: add,
    oninput: chosen,
    ...input,
  });
  const node = h(
    'div',
    { class: 'ps-input ps-chips', onclick: (event) => event.target === node && line.focus() },
    list.node,
    line,
  );
  return { ...list, node, focus: line };
}

function chipList({ values, changed, say, shown }) {
  let now = values;
  const node = h('ul', { class: 'ps-chip-list' });
  const set = (next) => {
    now = next;
    draw();
    changed(now);
  };
  const chip = (value, index) =>
    h(
      'li',
      { class: 'ps-chip' },
      h('span', {}, shown(value)),
      h(
        'button',
        {
          type: 'button',
          'aria-label': say('chips.remove', { value: shown(value) }),
          onclick: () => set(now.filter((_, other) => other !== index)),
        },
        '×',
      ),
    );
  const draw = () => fill(node, ...now.map(chip));
  const mark = (rests) =>
    [...node.children].forEach((each, index) =>
      each.classList.toggle(
        'ps-wrong',
        rests.some((rest) => Number.parseInt(rest, 10) === index),
      ),
    );
  draw();
  return { node, set, mark, values: () => now, at: (rest) => shown(now[Number.parseInt(rest, 10)] ?? '') };
}
