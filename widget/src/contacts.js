import { shortened } from './client.js';
import { fill, h, icon } from './dom.js';

const PAUSE = 500; // ms without a key before what was typed is looked for
const SHORTEST = 3; // characters

/** Finds the existing contact that a number belongs to, by what the person types; `choose(contact)` gets {entity, id, name}. */
export function createContactSearch({ amo, commands }, choose) {
  const { words } = amo;
  const field = h('input', { class: 'ps-input', type: 'search', placeholder: words('outcome.contact_query'), 'aria-label': words('outcome.contact_query') });
  const button = h('button', { class: 'ps-button', type: 'button', 'aria-label': words('outcome.find'), title: words('outcome.find') }, icon('search'));
  const found = h('ul', { class: 'ps-found', 'aria-live': 'polite' });
  const node = h('div', { class: 'ps-contact-search' }, h('div', { class: 'ps-row' }, field, button), found);
  let asked = '';
  let timer;

  async function look() {
    clearTimeout(timer);
    const query = field.value.trim();
    if (!query || query === asked) return;
    asked = query;
    try {
      const { contacts } = await commands.contacts(query);
      if (query === asked) show(contacts);
    } catch ({ message }) {
      asked = '';
      fill(found, h('li', { class: 'ps-error' }, message));
    }
  }

  function show(contacts) {
    fill(found, contacts.length ? contacts.map(row) : h('li', { class: 'ps-soft' }, words('outcome.nobody')));
  }

  function row(contact) {
    const props = { class: 'ps-found-one', type: 'button', onClick: () => choose(contact) };
    return h('li', null, h('button', props, h('bdi', null, shortened(contact.name)), contact.entity === 'companies' && h('span', { class: 'ps-soft' }, words('outcome.company'))));
  }

  field.addEventListener('input', () => {
    clearTimeout(timer);
    if (field.value.trim().length >= SHORTEST) timer = setTimeout(look, PAUSE);
  });
  field.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault(); // Enter looks for the contact, it does not save the form
    look();
  });
  button.addEventListener('click', look);

  return { node, focus: () => field.focus(), stop: () => clearTimeout(timer) };
}
