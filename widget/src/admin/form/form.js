import { h } from '../../ui/dom.js';
import { placeErrors } from './error-fields.js';

/** @import { Words } from '../../amocrm.js' */
/** @import { FieldError } from '../../api' */
/** @import { Children } from '../../ui/dom.js' */

/**
 * Fields of the settings document: each knows its path, shows its own errors and says when it was changed.
 *
 * @typedef {{message: string, rest: string}} PlacedError rest: what the error's path says beyond the field's
 * @typedef {object} Control
 * @property {HTMLElement} node
 * @property {HTMLElement} [focus] the node that is typed into, where it is another
 * @property {boolean} [isGroup] of several inputs, which have no single label
 * @property {boolean} [isCheck] a checkbox, whose label follows it
 * @property {(rest: string) => string} [at] the value inside the field that an error is about
 * @property {(rests: string[]) => void} [mark] shows which of many values are wrong
 * @property {() => HTMLElement | null | undefined} [wrong] the first wrong input
 * @typedef {{tab: string, wrong: number, focus: () => void, showErrors: (errors: PlacedError[]) => void}} Entry
 */

let made = 0;

export class Form {
  /** `changed(path)` is called at every change. @param {import('./settings-draft.js').SettingsDraft} draft @param {Words} say @param {(path: string) => void} changed */
  constructor(draft, say, changed) {
    this.draft = draft;
    this.say = say;
    this.changed = changed;
    /** @type {Map<string, Entry>} */
    this.fields = new Map();
    /** @type {Map<string, () => void>} */
    this.watchers = new Map();
    this.tab = '';
  }

  /** Fields made from now on belong to this tab, in place of its former ones. @param {string} tab */
  begin(tab) {
    this.tab = tab;
    this.fields.forEach((each, path) => each.tab === tab && this.fields.delete(path));
  }

  /** @param {string} path @returns {any} */
  get(path) {
    return this.draft.get(path);
  }

  /** `at` is the field that was changed, where the setting is more than one field. @param {string} path @param {unknown} value */
  set(path, value, at = path) {
    this.draft.set(path, value);
    this.fields.get(at)?.showErrors([]);
    this.watchers.get(path.split('.')[0])?.();
    this.changed(path);
  }

  /** @param {string} path */
  focus(path) {
    this.fields.get(path)?.focus();
  }

  /** The tab with this setting's first field; null where no field shows it. @param {string} path */
  tabOf(path) {
    const found = [...this.fields].find(([each]) => each === path || each.startsWith(`${path}.`));
    return found ? found[1].tab : null;
  }

  /** `listener` is called at every change of a part of the document, in place of the part's former listener. @param {'settings' | 'pbx'} part @param {() => void} listener */
  watch(part, listener) {
    this.watchers.set(part, listener);
  }

  /** How many errors the tab's fields show. @param {string} tab */
  wrongOn(tab) {
    return [...this.fields.values()].filter((each) => each.tab === tab).reduce((all, each) => all + each.wrong, 0);
  }

  /**
   * Shows each error at its field; returns the first wrong field in the order of the `tabs`, and the messages of no field.
   * @param {FieldError[]} errors @param {any} sent the document they are about @param {string[]} tabs
   */
  showErrors(errors, sent, tabs) {
    const { at, elsewhere } = placeErrors(errors, this.fields.keys(), sent);
    this.fields.forEach((each, path) => each.showErrors(at.get(path) || []));
    const all = [...this.fields.values()];
    const first = tabs.flatMap((tab) => all.filter((each) => each.tab === tab)).find((each) => each.wrong);
    return { first, elsewhere };
  }
}

/**
 * A control with its label, its hint and its errors.
 * @param {Form} form @param {string} path
 * @param {{label: string, hint?: string | false, bare?: boolean, kind?: string}} texts bare: the label is for screen readers only
 * @param {Control} control
 */
export function field(form, path, { label, hint, bare, kind = '' }, control) {
  const id = `ps-field-${(made += 1)}`;
  const input = control.focus || control.node;
  const error = h('p', { class: 'ps-error', id: `${id}-error`, hidden: true });
  const hintLine = hint && h('p', { class: 'ps-hint', id: `${id}-hint` }, hint);
  const name = h(control.isGroup ? 'span' : 'label', { for: control.isGroup ? null : id, id: `${id}-name` }, label);
  name.className = bare ? 'ps-hidden' : 'ps-label';
  input.id = id;
  input.setAttribute('aria-describedby', `${id}-error${hintLine ? ` ${id}-hint` : ''}`);
  if (control.isGroup) control.node.setAttribute('aria-labelledby', `${id}-name`);
  /** @type {Entry} */
  const entry = {
    tab: form.tab,
    wrong: 0,
    focus: () => (control.wrong?.() || input).focus(),
    showErrors(errors) {
      entry.wrong = errors.length;
      show(errors, { input, error, control });
    },
  };
  form.fields.set(path, entry);
  const both = control.isCheck ? [control.node, name] : [name, control.node];
  const classes = `ps-field ${control.isCheck ? 'ps-field-check' : ''} ${kind}`;
  return h('div', { class: classes, data: { path } }, both, error, hintLine);
}

/** @param {PlacedError[]} errors @param {{input: HTMLElement, error: HTMLElement, control: Control}} nodes */
function show(errors, { input, error, control }) {
  const messages = errors.map(({ message, rest }) => {
    const about = rest && control.at ? control.at(rest) : '';
    return about && !message.includes(about) ? `${about}: ${message}` : message;
  });
  error.textContent = [...new Set(messages)].join('; ');
  error.hidden = !errors.length;
  if (errors.length) input.setAttribute('aria-invalid', 'true');
  else input.removeAttribute('aria-invalid');
  control.mark?.(errors.map((each) => each.rest));
}

/** A part of a tab: a heading, a line of explanation, and fields. @param {string} title @param {string | null} about @param {Children[]} children */
export function section(title, about, ...children) {
  return h(
    'section',
    { class: 'ps-section' },
    h('h3', {}, title),
    about && h('p', { class: 'ps-about' }, about),
    ...children,
  );
}

/**
 * `columns` are the headings, `rows` lists of cells; the first cell of a row is its heading.
 * @param {string} caption @param {string[]} columns @param {Children[][]} rows
 */
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

/** A page of ours, opened in a new browser tab. @param {string} label @param {string} href */
export function link(label, href) {
  return h('a', { class: 'ps-link', href, target: '_blank', rel: 'noopener noreferrer', referrerpolicy: 'no-referrer' }, label);
}

/** @param {string} label @param {() => void} onclick */
export function button(label, onclick, kind = '') {
  return h('button', { type: 'button', class: `ps-button ${kind}`, onclick }, label);
}
