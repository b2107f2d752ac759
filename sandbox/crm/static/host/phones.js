/**
 * The menu on every phone number: what widgets offered by add_action('phone' | 'email', …) (docs/amocrm-contract.md
 * §4.5).
 */

import { element } from './element.js';
import { guarded } from './strict.js';

const actions = [];
let opened = null;

/** @param {{type: string, code: string, caption: string, run: function}} action */
export function addAction(action) {
  actions.push(action);
}

export function removeActions(code) {
  const kept = actions.filter((action) => action.code !== code);
  actions.splice(0, actions.length, ...kept);
}

export function listenToPhones() {
  document.addEventListener('click', ({ target }) => {
    const phone = target.closest('[data-phone]');
    const again = phone && opened?.phone === phone;
    close();
    if (phone && !again) open(phone);
  });
  document.addEventListener('keydown', (event) => event.key === 'Escape' && close());
}

function open(phone) {
  const fitting = actions.filter(({ type }) => type === 'phone');
  const items = fitting.map((action) => item(action.caption, () => run(action, phone.dataset.phone)));
  items.push(item('Скопировать', () => navigator.clipboard?.writeText(phone.dataset.phone)));
  const menu = element('div', { className: 'phone-menu', role: 'menu' }, ...items);
  const { left, bottom } = phone.getBoundingClientRect();
  Object.assign(menu.style, { left: `${left + window.scrollX}px`, top: `${bottom + window.scrollY + 4}px` });
  document.body.append(menu);
  opened = { phone, menu };
  items[0].focus();
}

function item(caption, chosen) {
  const made = element('button', { type: 'button', role: 'menuitem' }, caption);
  made.addEventListener('click', chosen);
  return made;
}

function run({ code, run: chosen }, value) {
  guarded(`the phone action of ${code}`, () => chosen({ value }));
}

function close() {
  opened?.menu.remove();
  opened = null;
}
