import { shortened } from '../popups/client-details.js';
import { button, field } from '../ui/controls.js';
import { fill, h, icon } from '../ui/dom.js';

const PAUSE = 500; // ms without a key before what was typed is looked for
const SHORTEST = 3; // characters

/** Finds the existing contact that a number belongs to, by what the person types; `choose(contact)` gets {entity, id, name}. */
export function createContactSearch({ amo, commands }, choose) {
  const { words } = amo;
  const sought = field(words('outcome.contact_query'), { type: 'search', onInput: typed, onKeydown: typed });
  const found = h('ul', { class: 'ps-found', 'aria-live': 'polite' });
  const look = button('find', find, { label: words('outcome.find') }, icon('search'));
  const node = h('div', null, h('div', { class: 'ps-row' }, sought, look), found);
  let asked = '';
  let timer;

  /** Enter looks at once, and does not save the form. */
  function typed(event) {
    if (event.key === 'Enter') event.preventDefault();
    if (event.key === 'Enter') return find();
    if (event.type !== 'input') return;
    clearTimeout(timer);
    if (sought.value.trim().length >= SHORTEST) timer = setTimeout(find, PAUSE);
  }

  async function find() {
    clearTimeout(timer);
    const query = sought.value.trim();
    if (!query || query === asked) return;
    asked = query;
    try {
      const { contacts } = await commands.contacts(query);
      if (query === asked) fill(found, contacts.length ? contacts.map(row) : h('li', { class: 'ps-soft' }, words('outcome.nobody')));
    } catch ({ message }) {
      asked = '';
      fill(found, h('li', { class: 'ps-error' }, message));
    }
  }

  function row(contact) {
    const kind = contact.entity === 'companies' && h('span', { class: 'ps-soft' }, words('outcome.company'));
    const props = { class: 'ps-found-one', type: 'button', onClick: () => choose(contact) };
    return h('li', null, h('button', props, h('bdi', null, shortened(contact.name)), kind));
  }

  return { node, focus: () => sought.focus(), stop: () => clearTimeout(timer) };
}
