import { h } from '../../ui/dom.js';

/** A setting of names, each with a value: a line for each, `Sales = 600`. `read` makes a value of what is typed. */
export function pairs(form, path, { read, ...more }) {
  const shown = Object.entries(form.get(path)).map(([name, value]) => `${name} = ${value}`);
  const node = h('textarea', {
    class: 'ps-input',
    rows: 3,
    spellcheck: 'false',
    value: shown.join('\n'),
    oninput: () => form.set(path, asPairs(node.value, read)),
    ...more,
  });
  return { node, at: (rest) => rest };
}

export function asPairs(typed, read = (value) => value) {
  const lines = typed.split('\n').filter((line) => line.trim());
  const pair = (name, ...rest) => [name.trim(), read(rest.join('=').trim())];
  return Object.fromEntries(lines.map((line) => pair(...line.split('='))));
}

/** What is no number is told as it stands, for the service to refuse it. */
export function asNumber(typed) {
  return /^\d{1,15}$/.test(typed) ? Number(typed) : typed;
}
