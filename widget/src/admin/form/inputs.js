import { h } from '../../ui/dom.js';

/** What is typed into and chosen from: each gives {node, …} for `field`, and writes to the form what was done. */

/** One line of text; an empty one is `empty`. Digits of a `number` are told as a number, nonsense as it was typed. */
export function text(form, path, { type = 'text', empty = '', list, number, ...more } = {}) {
  const shown = form.get(path) ?? '';
  const attributes = {
    class: 'ps-input',
    type,
    value: String(shown),
    list,
    autocomplete: 'off',
    spellcheck: 'false',
    ...more,
  };
  const read = (typed) => (number && /^\d+$/.test(typed) ? Number(typed) : typed === '' ? empty : typed);
  const node = h('input', { ...attributes, oninput: () => form.set(path, read(node.value.trim())) });
  return { node };
}

export function longText(form, path, { rows = 4, empty = null, ...more } = {}) {
  const node = h('textarea', {
    class: 'ps-input ps-code',
    rows,
    spellcheck: 'false',
    value: form.get(path) ?? '',
    oninput: () => form.set(path, node.value.trim() ? node.value : empty),
    ...more,
  });
  return { node };
}

/** A list of texts, one a line. */
export function manyLines(form, path, { rows = 4, read = (line) => line, ...more } = {}) {
  const values = () =>
    node.value
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean)
      .map(read);
  const node = h('textarea', {
    class: 'ps-input',
    rows,
    spellcheck: 'false',
    value: (form.get(path) || []).join('\n'),
    oninput: () => form.set(path, values()),
    ...more,
  });
  return { node, at: (rest) => String(values()[Number.parseInt(rest, 10)] ?? '') };
}

export function check(form, path) {
  const node = h('input', {
    type: 'checkbox',
    checked: Boolean(form.get(path)),
    onchange: () => form.set(path, node.checked),
  });
  return { node, isCheck: true };
}

/** Which of `options` [{value, label}] are in the list; what is in it and is no option can be taken out. */
export function checks(form, path, options, unknown) {
  const chosen = () => form.get(path) || [];
  const known = new Set(options.map((each) => each.value));
  const gone = chosen()
    .filter((value) => !known.has(value))
    .map((value) => ({ value, label: unknown(value) }));
  const flip = (value, isOn) => form.set(path, isOn ? [...chosen(), value] : chosen().filter((each) => each !== value));
  const box = ({ value, label }) => {
    const input = h('input', {
      type: 'checkbox',
      checked: chosen().includes(value),
      onchange: () => flip(value, input.checked),
    });
    return h('label', { class: 'ps-check' }, input, label);
  };
  const node = h('div', { class: 'ps-checks', role: 'group' }, [...options, ...gone].map(box));
  const at = (rest) =>
    String([...options, ...gone].find((each) => each.value === chosen()[Number.parseInt(rest, 10)])?.label ?? '');
  return { node, focus: node.querySelector('input') || node, isGroup: true, at };
}

/** `options` [{value, label, group?}]; a chosen value that is not among them is shown as it is. */
export function select(form, path, options) {
  return choice(options, form.get(path), (value) => form.set(path, value));
}

/** As `select`, for a value that is no setting by itself. */
export function choice(options, chosen, changed) {
  const key = JSON.stringify;
  const known = options.some((each) => key(each.value) === key(chosen));
  const all = known ? options : [...options, { value: chosen, label: unknown(chosen) }];
  const node = h('select', { class: 'ps-input', onchange: () => changed(all[Number(node.value)].value) }, groups(all));
  node.value = String(all.findIndex((each) => key(each.value) === key(chosen)));
  return { node };
}

function unknown(value) {
  return value !== null && typeof value === 'object'
    ? Object.values(value).filter(Boolean).join(' / ')
    : String(value ?? '—');
}

function groups(options) {
  const nodes = [];
  const drawn = new Map();
  options.forEach(({ label, group }, index) => {
    const option = h('option', { value: String(index) }, label);
    if (!group) nodes.push(option);
    else if (drawn.has(group)) drawn.get(group).append(option);
    else {
      drawn.set(group, h('optgroup', { label: group }, option));
      nodes.push(drawn.get(group));
    }
  });
  return nodes;
}
