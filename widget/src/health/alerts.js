import { fill, h, icon, mount, on, root } from '../ui/dom.js';
import { moment } from '../ui/format.js';

/**
 * What administrators are told while the line to the PBX or the way into amoCRM is lost: a notice of each in our corner, on
 * whatever page. It goes when that is over, or is closed; a closed one stays closed in this browser.
 */
export function createAlerts(amo, stream, storage = localStorage) {
  const kept = `phone-station:alerts:${amo.account.id}:${amo.user.id}`;
  const place = h('div', { class: 'ps-alerts', role: 'status' });
  let told;

  function draw() {
    told = stream.state.me?.alerts ?? [];
    const closed = storage.getItem(kept) ?? '';
    fill(place, told.filter((each) => !closed.includes(name(each))).map(notice));
  }

  function notice(alert) {
    const props = { type: 'button', class: 'ps-button ps-bare', 'aria-label': amo.words('panel.close'), onclick: () => close(alert) };
    const head = h('b', {}, amo.words('widget.name'), ', ', moment(amo.language, alert.since));
    return h('section', { class: 'ps-alert' }, h('div', {}, head, h('p', {}, alert.message[amo.language])), h('button', props, icon('close')));
  }

  /** Those that are over by now are forgotten. */
  function close(alert) {
    const closed = storage.getItem(kept) ?? '';
    storage.setItem(kept, told.map(name).filter((each) => each === name(alert) || closed.includes(each)).join());
    draw();
  }

  const isNews = (state) => state.me?.alerts !== told && draw();
  const undo = [mount(root(document), place), stream.on(isNews), on(document, 'visibilitychange', draw)];
  amo.onTurnedOff(() => undo.forEach((each) => each()));
  draw();
}

function name({ kind, since }) {
  return `${kind}:${since}`;
}
