import { cornerOf, fill, h, icon, mount, on } from '../ui/dom.js';
import { callItem } from './call-item.js';

/** @import { Call } from '../api' */
/** @typedef {ReturnType<typeof createMissed>} Missed */

/**
 * The account's open missed calls, from the stream: a small button in the corner with their number, gone when there are none, and
 * the list it opens. A call leaves the list when an employee talks to that client.
 * @param {import('../amocrm.js').Amo} amo @param {import('../stream/stream.js').Stream} stream
 * @param {import('../dialing/click.js').Phone} phone
 */
export function createMissed(amo, stream, phone) {
  const title = amo.words('panel.missed');
  const count = h('span', { class: 'ps-badge' });
  const opener = { type: 'button', class: 'ps-button ps-missed-button', 'aria-expanded': 'false', onclick: toggle };
  const button = h('button', opener, icon('missed'), title, count);
  const list = h('ul', { class: 'ps-calls ps-missed-list' });
  const box = h('section', { class: 'ps-missed', role: 'dialog', 'aria-label': title, hidden: true }, head(), list);
  const place = h('div', { class: 'ps-missed-place', hidden: true }, box, button);
  /** @type {Call[] | undefined} */
  let calls;

  function head() {
    const close = { type: 'button', class: 'ps-button ps-bare', 'aria-label': amo.words('panel.close'), onclick: () => show(false) };
    return h('div', { class: 'ps-missed-head' }, h('h2', {}, title), h('button', close, icon('close')));
  }

  function toggle() {
    show(Boolean(box.hidden));
  }

  /** @param {boolean} isOpen */
  function show(isOpen) {
    const hadFocus = box.contains(document.activeElement);
    place.hidden = !isOpen && calls?.length === 0;
    box.hidden = !isOpen;
    button.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) box.querySelector('button')?.focus();
    else if (hadFocus) button.focus();
  }

  /** @param {Call[]} missed */
  function draw(missed) {
    if (missed === calls) return;
    calls = missed;
    count.textContent = String(missed.length);
    const options = { onCallBack: phone.call, withClient: true, withLead: true };
    const none = h('li', { class: 'ps-soft' }, amo.words('panel.nobody_missed'));
    fill(list, missed.length ? missed.map((call) => callItem(amo, call, options)) : none);
    place.hidden = box.hidden && missed.length === 0;
  }

  /** @param {KeyboardEvent} event */
  function closeByKey(event) {
    if (event.key !== 'Escape' || box.hidden) return;
    event.stopPropagation();
    show(false);
  }

  draw(stream.state.missed);
  const undo = [mount(cornerOf(document), place), stream.on(({ missed }) => draw(missed)), on(place, 'keydown', closeByKey)];
  amo.onTurnedOff(() => undo.forEach((each) => each()));
  return { open: () => show(true) };
}
