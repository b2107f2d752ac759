/** amoCRM's notifications: cards in the corner. As in amoCRM, a text is markup: a widget escapes what callers sent. */

import { element } from './element.js';
import { guarded } from './strict.js';

const STAY = 12000; // ms
const PLURAL = { lead: 'leads', contact: 'contacts', company: 'companies' };

/** A widget's own listener for amoCRM's notifications, by the widget's code. */
export const listeners = new Map();

export const notifications = {
  add_call: (call) => show('call', { header: call.from || '', text: call.text, link: call.link || cardLink(call) }),
  show_notification: ({ text, type }) => show(type, text),
  show_message: (message) => show('message', message),
  show_message_error: (message) => show('error', message),
  add_error(message, { done = () => {}, always = () => {} } = {}) {
    show('error', message);
    done();
    always();
  },
};

/** A call that the older events API told this user of. */
export function tellCall({ phone, link }) {
  show('call', { header: 'Входящий звонок', text: phone, link });
  listeners.forEach((listener, code) => guarded(`the notification callback of ${code}`, () => listener({ phone, link })));
}

function cardLink({ element: card }) {
  return card ? `/${PLURAL[card.type]}/detail/${card.id}` : undefined;
}

function show(kind, { header = '', text = '', link }) {
  const close = element('button', { type: 'button', className: 'notice-close', ariaLabel: 'Закрыть' }, '×');
  const body = element('div', { className: 'notice-text' });
  body.innerHTML = `<b>${header}</b><p>${text}</p>`;
  if (link) body.append(element('a', { href: link, className: 'js-navigate-link' }, 'Открыть'));
  const notice = element('div', { className: `notice notice-${kind}`, role: 'status' }, body, close);
  close.addEventListener('click', () => notice.remove());
  setTimeout(() => notice.remove(), STAY);
  corner().append(notice);
}

function corner() {
  const standing = document.querySelector('.notices');
  if (standing) return standing;
  const made = element('div', { className: 'notices' });
  document.body.append(made);
  return made;
}
