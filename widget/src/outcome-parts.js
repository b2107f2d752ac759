import { fill, h, icon } from './dom.js';
import { dueChoices, dueOf, fieldOf } from './due.js';

/**
 * The parts of the outcome's form. Each is made with {amo, set, search} and gives {node, draw(fields, popup), owns(field),
 * wrong(messages)}; `set(change)` changes the form's fields.
 */
const RESULTS = ['agreed', 'later', 'thinking', 'refused', 'wrong_number'];

export function resultPart({ amo, set }) {
  const { words } = amo;
  const choices = RESULTS.map((name) => words(`outcome.${name}`));
  const chips = h('div', { class: 'ps-chips', role: 'group', 'aria-label': words('outcome.result') });
  const own = input({ maxLength: 100, placeholder: words('outcome.own'), 'aria-label': words('outcome.own'), onInput: () => set({ result: own.value }) });
  const part = partOf('result', words('outcome.result'), chips, own);

  function draw({ result = '' }, { state }) {
    part.node.hidden = state !== 'ended';
    keepFocus(chips, () => fill(chips, choices.map((words) => chip(words, words === result, () => set({ result: words === result ? '' : words })))));
    put(own, choices.includes(result) ? '' : result);
  }

  return { ...part, draw };
}

export function notePart({ amo, set }) {
  const { words } = amo;
  const note = h('textarea', { class: 'ps-input', rows: 2, maxLength: 5000, placeholder: words('outcome.note'), 'aria-label': words('outcome.note'), onInput: () => set({ note: note.value }) });
  const part = partOf('note', '', note);
  return { ...part, draw: ({ note: text = '' }) => put(note, text) };
}

export function taskPart({ amo, set }, now = () => Date.now() / 1000) {
  const { words } = amo;
  const chips = h('div', { class: 'ps-chips', role: 'group', 'aria-label': words('outcome.task') });
  const text = input({ maxLength: 1000, placeholder: words('outcome.task_default'), 'aria-label': words('outcome.task_text'), onInput: () => set({ task: text.value }) });
  const when = input({ type: 'datetime-local', 'aria-label': words('outcome.task_when'), onChange: () => set({ due: dueOf(when.value), dueName: 'own_time' }) });
  const part = partOf('task', words('outcome.task'), chips, when, text);

  function draw({ task = '', due, dueName = '' }, { state }) {
    part.node.hidden = state !== 'ended';
    const choices = [...dueChoices(now()), ['own_time', due ?? dueChoices(now()).at(-1)[1]]];
    const chosen = ([name, at]) => set(name === dueName ? { due: null, dueName: '', task: '' } : { due: at, dueName: name });
    keepFocus(chips, () => fill(chips, choices.map((choice) => chip(words(`outcome.${choice[0]}`), choice[0] === dueName, () => chosen(choice)))));
    when.hidden = dueName !== 'own_time';
    text.hidden = !dueName;
    put(when, due ? fieldOf(due) : '');
    put(text, task);
  }

  return { ...part, draw };
}

/** For a number that nobody has: the new contact's name, or the existing contact it belongs to. */
export function contactPart({ amo, set, search }) {
  const { words } = amo;
  const name = input({ maxLength: 200, placeholder: words('outcome.name'), 'aria-label': words('outcome.name'), onInput: () => set({ name: name.value }) });
  const other = h('button', { class: 'ps-button ps-bare ps-other', type: 'button', onClick: () => turn() });
  const chosen = h('p', { class: 'ps-chosen' });
  const part = partOf('contact', words('outcome.who'), name, search.node, chosen, other);
  let isSearching = false;
  let last = {};

  function turn() {
    isSearching = !isSearching;
    draw(...last.drawn);
    (isSearching ? search : name).focus();
  }

  function draw(fields, popup) {
    last = { drawn: [fields, popup] };
    const { contact } = fields;
    part.node.hidden = popup.state !== 'ended' || !popup.details.is_new || !popup.details.phone;
    name.hidden = Boolean(contact) || isSearching;
    search.node.hidden = Boolean(contact) || !isSearching;
    other.hidden = Boolean(contact);
    chosen.hidden = !contact;
    fill(other, words(isSearching ? 'outcome.new_contact' : 'outcome.existing'));
    fill(chosen, contact && [h('bdi', null, contact.name), remove()]);
    put(name, fields.name ?? '');
  }

  function remove() {
    const label = words('outcome.another_contact');
    return h('button', { class: 'ps-button ps-bare', type: 'button', 'aria-label': label, title: label, onClick: () => set({ contact: null }) }, icon('close'));
  }

  return { ...part, draw, owns: (field) => field === 'name' || field.startsWith('contact') };
}

function partOf(field, label, ...children) {
  const errors = h('p', { class: 'ps-error', role: 'alert' });
  const heading = label && h('p', { class: 'ps-label' }, label);
  const node = h('div', { class: `ps-part ps-part-${field}` }, heading, children, errors);
  return {
    node,
    owns: (name) => name === field || name.startsWith(`${field}.`),
    wrong(messages) {
      fill(errors, messages.join('. '));
      node.querySelectorAll('.ps-input').forEach((each) => each.setAttribute('aria-invalid', String(messages.length > 0)));
    },
  };
}

function input(props) {
  return h('input', { class: 'ps-input', type: 'text', ...props });
}

function chip(text, isChosen, onClick) {
  return h('button', { class: 'ps-chip', type: 'button', 'aria-pressed': String(isChosen), onClick }, text);
}

/** A field that already says so is left alone: the cursor would jump. */
function put(field, text) {
  if (field.value !== text) field.value = text;
}

/** Draws buttons anew; the one that had the focus, by its place, has it again. */
function keepFocus(group, draw) {
  const place = [...group.children].indexOf(document.activeElement);
  draw();
  group.children[place]?.focus();
}
