import { actionButton, labelledField } from '../ui/controls.js';
import { fill, h, icon } from '../ui/dom.js';
import { shortened } from '../ui/format.js';

/** @import { Contact, Refusal } from '../api' */
/** @typedef {ReturnType<typeof createContactSearch>} ContactSearch */

const PAUSE = 500; // ms without a key before the search starts
const SHORTEST = 3; // characters

/**
 * Finds the existing contact that a number belongs to; `choose(contact)` gets the one that the user picks.
 * @param {Pick<import('../popups/popup.js').PopupTools, 'amo' | 'commands'>} tools @param {(contact: Contact) => void} choose
 */
export function createContactSearch({ amo, commands }, choose) {
  const { words } = amo;
  const query = labelledField(words('outcome.contact_query'), { type: 'search', onInput: typed, onKeydown: typed });
  const found = h('ul', { class: 'ps-found', 'aria-live': 'polite' });
  const look = actionButton('find', find, { label: words('outcome.find') }, icon('search'));
  const node = h('div', null, h('div', { class: 'ps-row' }, query, look), found);
  let lastQuery = '';
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  /** Enter searches at once, and does not save the form. @param {KeyboardEvent} event */
  function typed(event) {
    if (event.key === 'Enter') event.preventDefault();
    if (event.key === 'Enter') return find();
    if (event.type !== 'input') return;
    clearTimeout(timer);
    if (query.value.trim().length >= SHORTEST) timer = setTimeout(find, PAUSE);
  }

  async function find() {
    clearTimeout(timer);
    const text = query.value.trim();
    if (!text || text === lastQuery) return;
    lastQuery = text;
    try {
      const { contacts } = await commands.contacts(text);
      if (text === lastQuery) fill(found, contacts.length ? contacts.map(row) : h('li', { class: 'ps-soft' }, words('outcome.nobody')));
    } catch (error) {
      lastQuery = '';
      fill(found, h('li', { class: 'ps-error' }, /** @type {Refusal} */ (error).message));
    }
  }

  /** @param {Contact} contact */
  function row(contact) {
    const kind = contact.entity === 'companies' && h('span', { class: 'ps-soft' }, words('outcome.company'));
    const props = { class: 'ps-found-one', type: 'button', onClick: () => choose(contact) };
    return h('li', null, h('button', props, h('bdi', null, shortened(contact.name)), kind));
  }

  return { node, focus: () => query.focus(), stop: () => clearTimeout(timer) };
}
