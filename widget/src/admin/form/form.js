import { h } from '../../ui/dom.js';
import { place } from './error-fields.js';

/** Fields of the settings document: each knows its path, shows its own errors and says when it was changed. */

let made = 0;

export class Form {
  /** `say` gives words, `changed` hears of every change. */
  constructor(draft, say, changed) {
    this.draft = draft;
    this.say = say;
    this.changed = changed;
    this.fields = new Map();
    this.watchers = new Map();
    this.tab = '';
  }

  /** What is drawn from now on stands on this tab, in place of what stood there. */
  begin(tab) {
    this.tab = tab;
    this.fields.forEach((each, path) => each.tab === tab && this.fields.delete(path));
  }

  get(path) {
    return this.draft.get(path);
  }

  /** `at` is the field that was changed, where the setting is more than one field. */
  set(path, value, at = path) {
    this.draft.set(path, value);
    this.fields.get(at)?.tell([]);
    this.watchers.get(path.split('.')[0])?.();
    this.changed(path);
  }

  /** The tab with this setting's first field; null of what no field shows. */
  tabOf(path) {
    const found = [...this.fields].find(([each]) => each === path || each.startsWith(`${path}.`));
    return found ? found[1].tab : null;
  }

  /** `hears` of every change of a part of the document, in place of who heard before. */
  watch(part, hears) {
    this.watchers.set(part, hears);
  }

  wrongOn(tab) {
    return [...this.fields.values()].filter((each) => each.tab === tab).reduce((all, each) => all + each.wrong, 0);
  }

  /** Shows each error at its field; gives the first wrong field in the order of the `tabs`, and what belongs to none. */
  showErrors(errors, sent, tabs) {
    const { at, elsewhere } = place(errors, this.fields.keys(), sent);
    this.fields.forEach((each, path) => each.tell(at.get(path) || []));
    const all = [...this.fields.values()];
    const first = tabs.flatMap((tab) => all.filter((each) => each.tab === tab)).find((each) => each.wrong);
    return { first, elsewhere };
  }
}

/**
 * A control with its label, its hint and the place of its errors. `control` is {node, focus?, at?(rest), mark?(rests),
 * wrong?()}: `focus` is the node that is typed into, `at` gives the value that an error inside the field speaks of,
 * `mark` shows which of many are wrong and `wrong` is the first of them.
 */
export function field(form, path, { label, hint, bare, kind = '' }, control) {
  const id = `ps-field-${(made += 1)}`;
  const input = control.focus || control.node;
  const error = h('p', { class: 'ps-error', id: `${id}-error`, hidden: true });
  const told = hint && h('p', { class: 'ps-hint', id: `${id}-hint` }, hint);
  const name = h(control.isGroup ? 'span' : 'label', { for: control.isGroup ? null : id, id: `${id}-name` }, label);
  name.className = bare ? 'ps-hidden' : 'ps-label';
  input.id = id;
  input.setAttribute('aria-describedby', `${id}-error${told ? ` ${id}-hint` : ''}`);
  if (control.isGroup) control.node.setAttribute('aria-labelledby', `${id}-name`);
  const entry = { tab: form.tab, wrong: 0, focus: () => (control.wrong?.() || input).focus() };
  entry.tell = (errors) => {
    entry.wrong = errors.length;
    show(errors, { input, error, control });
  };
  form.fields.set(path, entry);
  const both = control.isCheck ? [control.node, name] : [name, control.node];
  const classes = `ps-field ${control.isCheck ? 'ps-field-check' : ''} ${kind}`;
  return h('div', { class: classes, data: { path } }, both, error, told);
}

function show(errors, { input, error, control }) {
  const said = errors.map(({ message, rest }) => {
    const about = rest && control.at ? control.at(rest) : '';
    return about && !message.includes(about) ? `${about}: ${message}` : message;
  });
  error.textContent = [...new Set(said)].join('; ');
  error.hidden = !errors.length;
  if (errors.length) input.setAttribute('aria-invalid', 'true');
  else input.removeAttribute('aria-invalid');
  control.mark?.(errors.map((each) => each.rest));
}

/** A part of a tab: a heading, a line of what it is for, and fields. */
export function section(title, about, ...children) {
  return h(
    'section',
    { class: 'ps-section' },
    h('h3', {}, title),
    about && h('p', { class: 'ps-about' }, about),
    children,
  );
}

/** `columns` of heads, `rows` of lists of cells; the first cell of a row is its head. */
export function table(caption, columns, rows, kind = '') {
  const head = h(
    'tr',
    {},
    columns.map((column) => h('th', { scope: 'col' }, column)),
  );
  const body = rows.map((cells) =>
    h(
      'tr',
      {},
      cells.map((cell, index) => (index ? h('td', {}, cell) : h('th', { scope: 'row' }, cell))),
    ),
  );
  return h(
    'table',
    { class: `ps-table ${kind}` },
    h('caption', { class: 'ps-hidden' }, caption),
    h('thead', {}, head),
    h('tbody', {}, body),
  );
}

/** A page of ours, in a tab of its own. */
export function link(label, href) {
  return h('a', { class: 'ps-link', href, target: '_blank', rel: 'noopener noreferrer', referrerpolicy: 'no-referrer' }, label);
}

export function button(label, onclick, kind = '') {
  return h('button', { type: 'button', class: `ps-button ${kind}`, onclick }, label);
}
