import { shortened } from '../popups/client-details.js';
import { button, chip, field, redrawn } from '../ui/controls.js';
import { fill, h, icon } from '../ui/dom.js';
import { dueChoices, dueOf, fieldOf } from './task-times.js';

/**
 * The parts of the outcome's form. Each is made with {amo, set, search} and gives {node, draw(fields, popup), owns(field),
 * wrong(messages)}; `set(change)` changes the form's fields.
 */
const RESULTS = ['agreed', 'later', 'thinking', 'refused', 'wrong_number'];

export function resultPart({ amo: { words }, set }) {
  const ready = RESULTS.map((name) => words(`outcome.${name}`));
  const own = field(words('outcome.own'), { class: 'ps-input ps-chip-own', maxlength: 100, onInput: () => set({ result: own.value }) });
  const chips = h('div', { class: 'ps-chips-ready' });
  const part = partOf('result', words('outcome.result'), h('div', { class: 'ps-chips' }, chips, own));

  function draw({ result = '' }, { state }) {
    const choices = ready.map((text) => chip(text, text === result, () => set({ result: text === result ? '' : text })));
    part.node.hidden = state !== 'ended';
    part.redraw(() => fill(chips, choices));
    put(own, ready.includes(result) ? '' : result);
  }

  return { ...part, draw };
}

export function notePart({ amo: { words }, set }) {
  const note = field(words('outcome.note'), { rows: 2, maxlength: 5000, onInput: () => set({ note: note.value }) }, 'textarea');
  const part = partOf('note', '', note);
  return { ...part, draw: ({ note: text = '' }) => put(note, text) };
}

export function taskPart({ amo: { words }, set }) {
  const chips = h('div', { class: 'ps-chips' });
  const when = field(words('outcome.task_when'), { type: 'datetime-local', onChange: () => set({ due: dueOf(when.value) }) });
  const text = field(words('outcome.task_default'), { maxlength: 1000, onInput: () => set({ task: text.value }) });
  const part = partOf('task', words('outcome.task'), chips, when, text);

  function draw({ task = '', due, dueName = '' }, { state }) {
    const offered = dueChoices(Date.now() / 1000);
    const choices = [...offered, ['own_time', due ?? offered.at(-1)[1]]];
    const toggle = ([name, at]) => set(name === dueName ? { due: null, dueName: '', task: '' } : { due: at, dueName: name });
    part.node.hidden = state !== 'ended';
    part.redraw(() => fill(chips, choices.map((each) => chip(words(`outcome.${each[0]}`), each[0] === dueName, () => toggle(each)))));
    when.hidden = dueName !== 'own_time';
    text.hidden = !dueName;
    put(when, due ? fieldOf(due) : '');
    put(text, task);
  }

  return { ...part, draw };
}

/** For a number that nobody has: the new contact's name, or the existing contact it belongs to. */
export function contactPart({ amo: { words }, set, search }) {
  const name = field(words('outcome.name'), { maxlength: 200, onInput: () => set({ name: name.value }) });
  const other = button('other', turn, { look: 'ps-bare ps-other' });
  const chosen = h('p', { class: 'ps-chosen' });
  const part = partOf('contact', words('outcome.who'), name, search.node, chosen, other);
  let isSearching = false;

  function turn() {
    isSearching = !isSearching;
    set({});
    (isSearching ? search : name).focus();
  }

  function draw({ contact, name: text = '' }, { state, details }) {
    part.node.hidden = state !== 'ended' || !details.is_new || !details.phone;
    name.hidden = Boolean(contact) || isSearching;
    search.node.hidden = Boolean(contact) || !isSearching;
    other.hidden = Boolean(contact);
    chosen.hidden = !contact;
    fill(other, words(isSearching ? 'outcome.new_contact' : 'outcome.existing'));
    fill(chosen, contact && [h('bdi', null, shortened(contact.name)), remove()]);
    put(name, text);
  }

  function remove() {
    return button('another', () => set({ contact: null }), { look: 'ps-bare', label: words('outcome.another_contact') }, icon('close'));
  }

  return { ...part, draw, owns: (wrong) => wrong === 'name' || wrong.startsWith('contact') };
}

function partOf(name, label, ...children) {
  const errors = h('p', { class: 'ps-error', role: 'alert' });
  const props = label ? { role: 'group', 'aria-label': label } : {};
  const node = h('div', { class: 'ps-part', ...props }, label && h('p', { class: 'ps-label' }, label), children, errors);
  return {
    node,
    owns: (wrong) => wrong === name || wrong.startsWith(`${name}.`),
    redraw: (draw) => redrawn(node, draw),
    wrong(messages) {
      fill(errors, messages.join('. '));
      node.querySelectorAll('.ps-input').forEach((each) => each.setAttribute('aria-invalid', String(messages.length > 0)));
    },
  };
}

/** A field that already says so is left alone: the cursor would jump. */
function put(input, text) {
  if (input.value !== text) input.value = text;
}
