import { actionButton, choiceChip, labelledField, redrawKeepingFocus } from '../ui/controls.js';
import { fill, h, icon } from '../ui/dom.js';
import { shortened } from '../ui/format.js';
import { fieldOfTime, taskTimes, timeOfField } from './task-times.js';

/** @import { Popup } from '../api' */
/** @import { Children } from '../ui/dom.js' */
/** @import { OutcomeFields } from './outcome-drafts.js' */

/**
 * The fields of the outcome's form. `set(change)` changes the form's fields; each part gives {node, draw(fields, popup),
 * owns(field), wrong(messages)}.
 * @typedef {object} PartTools
 * @property {import('../amocrm.js').Amo} amo
 * @property {(change: OutcomeFields) => void} set
 * @property {import('./contact-search.js').ContactSearch} search
 */

const RESULTS = ['agreed', 'later', 'thinking', 'refused', 'wrong_number'];

/** @param {PartTools} tools */
export function resultPart({ amo: { words }, set }) {
  const ready = RESULTS.map((name) => words(`outcome.${name}`));
  const other = labelledField(words('outcome.own'), { class: 'ps-input ps-chip-own', maxlength: 100, onInput: () => set({ result: other.value }) });
  const chips = h('div', { class: 'ps-chips-ready' });
  const part = partOf('result', words('outcome.result'), h('div', { class: 'ps-chips' }, chips, other));

  /** @param {OutcomeFields} fields @param {Popup} popup */
  function draw({ result = '' }, { state }) {
    const choices = ready.map((text) => choiceChip(text, text === result, () => set({ result: text === result ? '' : text })));
    part.node.hidden = state !== 'ended';
    part.redraw(() => fill(chips, choices));
    setValue(other, ready.includes(result) ? '' : result);
  }

  return { ...part, draw };
}

/** @param {PartTools} tools */
export function notePart({ amo: { words }, set }) {
  const note = labelledField(words('outcome.note'), { rows: 2, maxlength: 5000, onInput: () => set({ note: note.value }) }, 'textarea');
  const part = partOf('note', '', note);
  /** @param {OutcomeFields} fields */
  const draw = ({ note: text = '' }) => setValue(note, text);
  return { ...part, draw };
}

/** @param {PartTools} tools */
export function taskPart({ amo: { words }, set }) {
  const chips = h('div', { class: 'ps-chips' });
  const when = labelledField(words('outcome.task_when'), { type: 'datetime-local', onChange: () => set({ due: timeOfField(when.value) }) });
  const text = labelledField(words('outcome.task_default'), { maxlength: 1000, onInput: () => set({ task: text.value }) });
  const part = partOf('task', words('outcome.task'), chips, when, text);

  /** @param {OutcomeFields} fields @param {Popup} popup */
  function draw({ task = '', due, dueName = '' }, { state }) {
    const offered = taskTimes(Date.now() / 1000);
    const [, latest] = offered[offered.length - 1];
    /** @type {typeof offered} */
    const choices = [...offered, ['own_time', due ?? latest]];
    /** @param {typeof choices[0]} choice */
    const toggle = ([name, at]) => set(name === dueName ? { due: null, dueName: '', task: '' } : { due: at, dueName: name });
    part.node.hidden = state !== 'ended';
    part.redraw(() => fill(chips, choices.map((each) => choiceChip(words(`outcome.${each[0]}`), each[0] === dueName, () => toggle(each)))));
    when.hidden = dueName !== 'own_time';
    text.hidden = !dueName;
    setValue(when, due ? fieldOfTime(due) : '');
    setValue(text, task);
  }

  return { ...part, draw };
}

/** For an unknown number: the new contact's name, or the existing contact it belongs to. @param {PartTools} tools */
export function contactPart({ amo: { words }, set, search }) {
  const name = labelledField(words('outcome.name'), { maxlength: 200, onInput: () => set({ name: name.value }) });
  const other = actionButton('other', turn, { look: 'ps-bare ps-other' });
  const chosen = h('p', { class: 'ps-chosen' });
  const part = partOf('contact', words('outcome.who'), name, search.node, chosen, other);
  let isSearching = false;

  function turn() {
    isSearching = !isSearching;
    set({});
    (isSearching ? search : name).focus();
  }

  /** @param {OutcomeFields} fields @param {Popup} popup */
  function draw({ contact, name: text = '' }, { state, details }) {
    part.node.hidden = state !== 'ended' || !details.is_new || !details.phone;
    name.hidden = Boolean(contact) || isSearching;
    search.node.hidden = Boolean(contact) || !isSearching;
    other.hidden = Boolean(contact);
    chosen.hidden = !contact;
    fill(other, words(isSearching ? 'outcome.new_contact' : 'outcome.existing'));
    fill(chosen, contact && [h('bdi', null, shortened(contact.name)), removeButton()]);
    setValue(name, text);
  }

  function removeButton() {
    return actionButton('another', () => set({ contact: null }), { look: 'ps-bare', label: words('outcome.another_contact') }, icon('close'));
  }

  /** @param {string} wrong */
  const owns = (wrong) => wrong === 'name' || wrong.startsWith('contact');
  return { ...part, draw, owns };
}

/** @param {string} name @param {string} label @param {Children[]} children */
function partOf(name, label, ...children) {
  const errors = h('p', { class: 'ps-error', role: 'alert' });
  const props = label ? { role: 'group', 'aria-label': label } : {};
  const node = h('div', { class: 'ps-part', ...props }, label && h('p', { class: 'ps-label' }, label), ...children, errors);
  return {
    node,
    /** Whether an error of this field of the request belongs here. @param {string} wrong */
    owns: (wrong) => wrong === name || wrong.startsWith(`${name}.`),
    /** @param {() => void} draw */
    redraw: (draw) => redrawKeepingFocus(node, draw),
    /** @param {string[]} messages */
    wrong(messages) {
      fill(errors, messages.join('. '));
      node.querySelectorAll('.ps-input').forEach((each) => each.setAttribute('aria-invalid', String(messages.length > 0)));
    },
  };
}

/** A field that has this text already is left alone: the cursor would jump. @param {HTMLInputElement | HTMLTextAreaElement} input @param {string} text */
function setValue(input, text) {
  if (input.value !== text) input.value = text;
}
