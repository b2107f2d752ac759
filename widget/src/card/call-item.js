import { fill, h, icon } from '../ui/dom.js';
import { duration, moment } from '../ui/format.js';

/**
 * A call (docs/api.md) as an item of a list. `onCallBack(phone)` rings its client; `withClient` says who it was, for lists of
 * many clients; `withLead` links its lead.
 */
export function callItem(amo, call, { onCallBack, withClient = false, withLead = false }) {
  const kind = kindOf(call);
  return h(
    'li',
    { class: `ps-call ps-call-${kind}` },
    h('span', { class: 'ps-call-mark', title: amo.words(`panel.kinds.${kind}`) }, icon(kind)),
    h(
      'div',
      { class: 'ps-call-body' },
      withClient && clientLine(amo, call),
      h('div', { class: 'ps-call-line' }, h('span', { class: 'ps-call-result' }, outcome(amo, call, kind)), when(amo, call)),
      talkers(call),
      withLead && call.lead && leadLink(amo, call.lead),
      h('div', { class: 'ps-call-acts' }, player(amo, call), callBackButton(amo, call, onCallBack)),
    ),
  );
}

/** missed | incoming | outgoing | failed: which drawing and colour it has. */
function kindOf({ result, direction }) {
  if (result === 'missed' || result === 'failed') return result;
  return direction === 'outbound' ? 'outgoing' : 'incoming';
}

function outcome(amo, call, kind) {
  const name = amo.words(`panel.kinds.${kind}`);
  if (!call.result) return amo.words('panel.now');
  if (call.result === 'answered') return `${name}, ${duration(call.duration ?? 0)}`;
  return call.reason ? amo.words(`reasons.${call.reason}`) : name;
}

function when(amo, { at }) {
  return h('time', { class: 'ps-soft ps-number', datetime: new Date(at * 1000).toISOString() }, moment(amo.language, at));
}

function clientLine(amo, { name, phone }) {
  return h(
    'div',
    { class: 'ps-call-client' },
    h('b', { class: 'ps-clip' }, name || phone || amo.words('panel.hidden_number')),
    name && phone && h('span', { class: 'ps-soft ps-number' }, phone),
  );
}

/** Who talked, in their order, each with his own time when there were several. */
function talkers({ employees = [] }) {
  if (!employees.length) return null;
  const time = (seconds) => (employees.length > 1 && seconds ? ` ${duration(seconds)}` : '');
  const talks = employees.map(({ name, extension, seconds }) => `${name || extension}${time(seconds)}`);
  return h('div', { class: 'ps-soft ps-clip' }, talks.join(' → '));
}

function leadLink(amo, { id, name }) {
  return h('a', { class: 'ps-link ps-clip js-navigate-link', href: amo.link('leads', id) }, name || amo.words('panel.lead'));
}

/** A button until it is pressed, for twenty players at once would load the page for nothing. */
function player(amo, call) {
  const { recording, recording_state: state } = call;
  if (state === 'failed') return told(amo, 'no_recording', call.recording_why);
  if (!recording || !state) return null;
  const place = h('div', { class: 'ps-recording' });
  const button = h('button', { type: 'button', class: 'ps-button ps-bare', 'aria-label': label(amo, 'listen', call), onclick: play }, icon('play'), amo.words('panel.listen'));
  function play() {
    const sound = h('audio', { class: 'ps-player', controls: true, 'aria-label': label(amo, 'recording', call) });
    const failed = () => {
      const hadFocus = sound === document.activeElement;
      fill(place, button, told(amo, 'not_ready'));
      if (hadFocus) button.focus();
    };
    sound.addEventListener('error', failed, { once: true });
    sound.src = new URL(recording, amo.backend).href;
    fill(place, sound);
    sound.focus();
    sound.play().catch((wrong) => console.debug('not played', wrong)); // the player's own error tells
  }
  fill(place, button, state === 'waiting' && told(amo, 'not_ready'));
  return place;
}

function label(amo, key, { at, name, phone }) {
  return [amo.words(`panel.${key}`), name || phone, moment(amo.language, at)].filter(Boolean).join(', ');
}

function told(amo, key, why) {
  return h('span', { class: 'ps-soft', role: 'status' }, [amo.words(`panel.${key}`), why].filter(Boolean).join(': '));
}

function callBackButton(amo, { phone, number, name }, onCallBack) {
  const target = number || phone;
  if (!target) return null;
  const label = `${amo.words('panel.call_back')}: ${name || phone || number}`;
  return h(
    'button',
    { type: 'button', class: 'ps-button ps-bare', 'aria-label': label, onclick: () => onCallBack(target) },
    icon('call'),
    amo.words('panel.call_back'),
  );
}
