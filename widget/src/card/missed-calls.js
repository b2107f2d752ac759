import { callItem } from './call-item.js';
import { fill, h, icon, mount, on, root } from '../ui/dom.js';

/**
 * The open missed calls of the account, told by the stream: a small button in the corner with their number, gone when there
 * are none, and the list it opens. A call leaves it when anybody talks to that client.
 */
export function createMissed(amo, stream, phone) {
  const title = amo.words('panel.missed');
  const count = h('span', { class: 'ps-badge' });
  const opener = { type: 'button', class: 'ps-button ps-missed-button', 'aria-expanded': 'false', onclick: toggle };
  const button = h('button', opener, icon('missed'), title, count);
  const list = h('ul', { class: 'ps-calls ps-missed-list' });
  const box = h('section', { class: 'ps-missed', role: 'dialog', 'aria-label': title, hidden: true }, head(), list);
  const place = h('div', { class: 'ps-missed-place', hidden: true }, box, button);
  let calls;

  function head() {
    const close = { type: 'button', class: 'ps-button ps-bare', 'aria-label': amo.words('panel.close'), onclick: () => show(false) };
    return h('div', { class: 'ps-missed-head' }, h('h2', {}, title), h('button', close, icon('close')));
  }

  function toggle() {
    show(box.hidden);
  }

  function show(isOpen) {
    const hadFocus = box.contains(document.activeElement);
    place.hidden = !isOpen && calls.length === 0;
    box.hidden = !isOpen;
    button.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) box.querySelector('button').focus();
    else if (hadFocus) button.focus();
  }

  function draw(told) {
    if (told === calls) return;
    calls = told;
    count.textContent = calls.length;
    const shown = { onCallBack: phone.call, withClient: true, withLead: true };
    const none = h('li', { class: 'ps-soft' }, amo.words('panel.nobody_missed'));
    fill(list, calls.length ? calls.map((call) => callItem(amo, call, shown)) : none);
    place.hidden = box.hidden && calls.length === 0;
  }

  function leaveByKey(event) {
    if (event.key !== 'Escape' || box.hidden) return;
    event.stopPropagation();
    show(false);
  }

  draw(stream.state.missed);
  const undo = [mount(root(document), place), stream.on(({ missed }) => draw(missed)), on(place, 'keydown', leaveByKey)];
  amo.onTurnedOff(() => undo.forEach((each) => each()));
  return { open: () => show(true) };
}
