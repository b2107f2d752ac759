import { fill, h, icon } from '../ui/dom.js';
import { duration, moment } from '../ui/format.js';

/** @import { Amo } from '../amocrm.js' */
/** @import { Call } from '../api' */
/** @typedef {(number: string) => void} OnCallBack */

/**
 * A call (docs/api.md) as an item of a list. `onCallBack(number)` calls its client; `withClient` names the client, for lists of
 * many clients; `withLead` links its lead.
 * @param {Amo} amo @param {Call} call @param {{onCallBack: OnCallBack, withClient?: boolean, withLead?: boolean}} options
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
      h('div', { class: 'ps-call-line' }, h('span', { class: 'ps-call-result' }, resultOf(amo, call, kind)), when(amo, call)),
      talkers(call),
      withLead && call.lead && leadLink(amo, call.lead),
      h('div', { class: 'ps-call-acts' }, player(amo, call), callBackButton(amo, call, onCallBack)),
    ),
  );
}

/** missed | incoming | outgoing | failed: which icon and colour it has. @param {Call} call */
function kindOf({ result, direction }) {
  if (result === 'missed' || result === 'failed') return result;
  return direction === 'outbound' ? 'outgoing' : 'incoming';
}

/** @param {Amo} amo @param {Call} call @param {string} kind */
function resultOf(amo, call, kind) {
  const name = amo.words(`panel.kinds.${kind}`);
  if (!call.result) return amo.words('panel.now');
  if (call.result === 'answered') return `${name}, ${duration(call.duration ?? 0)}`;
  return call.reason ? amo.words(`reasons.${call.reason}`) : name;
}

/** @param {Amo} amo @param {Call} call */
function when(amo, { at }) {
  return h('time', { class: 'ps-soft ps-number', datetime: new Date(at * 1000).toISOString() }, moment(amo.locale, at));
}

/** @param {Amo} amo @param {Call} call */
function clientLine(amo, { name, phone }) {
  return h(
    'div',
    { class: 'ps-call-client' },
    h('b', { class: 'ps-clip' }, name || phone || amo.words('panel.hidden_number')),
    name && phone && h('span', { class: 'ps-soft ps-number' }, phone),
  );
}

/** The employees who talked, in their order, each with their own time when there were several. @param {Call} call */
function talkers({ employees = [] }) {
  if (!employees.length) return null;
  /** @param {number} seconds */
  const time = (seconds) => (employees.length > 1 && seconds ? ` ${duration(seconds)}` : '');
  const talks = employees.map(({ name, extension, seconds }) => `${name || extension}${time(seconds)}`);
  return h('div', { class: 'ps-soft ps-clip' }, talks.join(' → '));
}

/** @param {Amo} amo @param {NonNullable<Call['lead']>} lead */
function leadLink(amo, { id, name }) {
  return h('a', { class: 'ps-link ps-clip js-navigate-link', href: amo.link('leads', id) }, name || amo.words('panel.lead'));
}

/** A button until it is pressed: twenty players would be loaded with the page for nothing. @param {Amo} amo @param {Call} call */
function player(amo, call) {
  const { recording, recording_state: state } = call;
  if (state === 'failed') return recordingNote(amo, 'no_recording', call.recording_why);
  if (!recording || !state) return null;
  const place = h('div', { class: 'ps-recording' });
  const button = h('button', { type: 'button', class: 'ps-button ps-bare', 'aria-label': labelOf(amo, 'listen', call), onclick: play }, icon('play'), amo.words('panel.listen'));
  function play() {
    const sound = h('audio', { class: 'ps-player', controls: true, 'aria-label': labelOf(amo, 'recording', call) });
    const failed = () => {
      const hadFocus = sound === document.activeElement;
      fill(place, button, recordingNote(amo, 'not_ready'));
      if (hadFocus) button.focus();
    };
    sound.addEventListener('error', failed, { once: true });
    sound.src = new URL(String(recording), amo.backend).href;
    fill(place, sound);
    sound.focus();
    sound.play().catch((wrong) => console.debug('not played', wrong)); // the player's own error event is handled above
  }
  fill(place, button, state === 'waiting' && recordingNote(amo, 'not_ready'));
  return place;
}

/** @param {Amo} amo @param {string} key @param {Call} call */
function labelOf(amo, key, { at, name, phone }) {
  return [amo.words(`panel.${key}`), name || phone, moment(amo.locale, at)].filter(Boolean).join(', ');
}

/** @param {Amo} amo @param {string} key @param {string} [why] */
function recordingNote(amo, key, why) {
  return h('span', { class: 'ps-soft', role: 'status' }, [amo.words(`panel.${key}`), why].filter(Boolean).join(': '));
}

/** @param {Amo} amo @param {Call} call @param {OnCallBack} onCallBack */
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
