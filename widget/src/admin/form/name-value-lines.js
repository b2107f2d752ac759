import { h } from '../../ui/dom.js';

/** A setting of names, each with a value: a line for each, `Sales = 600`. `read` makes a value of the typed text. @param {import('./inputs.js').Values} form @param {string} path @param {Record<string, any>} attributes of the node */
export function nameValueLines(form, path, { read, ...more }) {
  const shown = Object.entries(form.get(path)).map(([name, value]) => `${name} = ${value}`);
  const node = h('textarea', {
    class: 'ps-input',
    rows: 3,
    spellcheck: 'false',
    value: shown.join('\n'),
    oninput: () => form.set(path, valuesOf(node.value, read)),
    ...more,
  });
  return { node, at: (rest) => rest };
}

/** @param {string} typed @param {(value: string) => string | number} read @returns {Record<string, string | number>} */
export function valuesOf(typed, read = (value) => value) {
  const lines = typed.split('\n').filter((line) => line.trim());
  const pair = (line) => {
    const [name, ...rest] = line.split('=');
    return [name.trim(), read(rest.join('=').trim())];
  };
  return Object.fromEntries(lines.map(pair));
}

/** Anything but a number stays as it was typed, for the service to refuse it. @param {string} typed */
export function asNumber(typed) {
  return /^\d{1,15}$/.test(typed) ? Number(typed) : typed;
}
