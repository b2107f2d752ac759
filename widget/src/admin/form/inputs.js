import { h } from '../../ui/dom.js';

/** @import { Control, Form } from './form.js' */
/** @typedef {{value: any, label: string, group?: string}} Option */
/** @typedef {Pick<Form, 'get' | 'set'>} Values the form, or a part of it */
/** @typedef {Record<string, any>} Attributes of the node, in place of the usual ones */

/** Inputs of the form: each is a control for `field` and writes its value to the form at every change. */

/** One line of text; an empty one is `empty`. Of a `number`, digits become a number, anything else stays as it was typed. @param {Values} form @param {string} path @param {Attributes} [more] */
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

/** A long text; an empty one is `empty`. @param {Values} form @param {string} path @param {Attributes} [more] */
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

/** A list of texts, one per line. @param {Values} form @param {string} path @param {Attributes} [more] */
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

/** @param {Values} form @param {string} path @returns {Control} */
export function check(form, path) {
  const node = h('input', {
    type: 'checkbox',
    checked: Boolean(form.get(path)),
    onchange: () => form.set(path, node.checked),
  });
  return { node, isCheck: true };
}

/** Which of `options` [{value, label}] are in the list; values that are no option any more can be removed. @param {Values} form @param {string} path @param {Option[]} options @param {(value: any) => string} unknown */
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

/** `options` [{value, label, group?}]; a chosen value that is not among them is shown as it is. @param {Values} form @param {string} path @param {Option[]} options */
export function select(form, path, options) {
  return choice(options, form.get(path), (value) => form.set(path, value));
}

/** Like `select`, for a value that is no setting by itself. @param {Option[]} options @param {any} chosen @param {(value: any) => void} changed */
export function choice(options, chosen, changed) {
  const key = JSON.stringify;
  const known = options.some((each) => key(each.value) === key(chosen));
  const all = known ? options : [...options, { value: chosen, label: unknownLabel(chosen) }];
  const node = h('select', { class: 'ps-input', onchange: () => changed(all[Number(node.value)].value) }, groups(all));
  node.value = String(all.findIndex((each) => key(each.value) === key(chosen)));
  return { node };
}

function unknownLabel(value) {
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
