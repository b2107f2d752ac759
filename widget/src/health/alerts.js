import { cornerOf, fill, h, icon, mount, on } from '../ui/dom.js';
import { moment } from '../ui/format.js';

/** @import { Alert } from '../api' */

/**
 * Alerts for administrators while the PBX connection or the access to amoCRM is down: a notice of each in our corner, on every
 * page. It goes when the trouble is over, or is closed; a closed one stays closed in this browser.
 * @param {import('../amocrm.js').Amo} amo @param {import('../stream/stream.js').Stream} stream
 */
export function createAlerts(amo, stream, storage = localStorage) {
  const kept = `phone-station:alerts:${amo.account.id}:${amo.user.id}`;
  const place = h('div', { class: 'ps-alerts', role: 'status' });
  /** @type {Alert[]} */
  let alerts = [];

  function draw() {
    alerts = stream.state.me?.alerts ?? [];
    const closed = storage.getItem(kept) ?? '';
    fill(place, alerts.filter((each) => !closed.includes(nameOf(each))).map(notice));
  }

  /** @param {Alert} alert */
  function notice(alert) {
    const props = { type: 'button', class: 'ps-button ps-bare', 'aria-label': amo.words('panel.close'), onclick: () => close(alert) };
    const head = h('b', {}, amo.words('widget.name'), ', ', moment(amo.locale, alert.since));
    return h('section', { class: 'ps-alert' }, h('div', {}, head, h('p', {}, alert.message[amo.language])), h('button', props, icon('close')));
  }

  /** The names of alerts that are over by now are forgotten. @param {Alert} alert */
  function close(alert) {
    const closed = storage.getItem(kept) ?? '';
    storage.setItem(kept, alerts.map(nameOf).filter((each) => each === nameOf(alert) || closed.includes(each)).join());
    draw();
  }

  const redrawIfChanged = () => stream.state.me?.alerts !== alerts && draw();
  const undo = [mount(cornerOf(document), place), stream.on(redrawIfChanged), on(document, 'visibilitychange', draw)];
  amo.onTurnedOff(() => undo.forEach((each) => each()));
  draw();
}

/** @param {Alert} alert */
function nameOf({ kind, since }) {
  return `${kind}:${since}`;
}
