import { createListeners } from '../ui/listeners.js';
import { joinTabs } from './browser-tabs.js';
import { startReader } from './reader.js';
import { EMPTY, reduce } from './state.js';

/** @import { State, StreamEvent } from './state.js' */
/** @typedef {Pick<ReturnType<typeof createStream>, 'state' | 'on' | 'share'>} Stream */

/**
 * The state that the backend's stream gives this user, the same in all tabs of the browser (`state.js` says what is in it).
 * `on(listener)` calls listener(state, event) at each change and returns the undo; `share(event)` applies an event here and in
 * the other tabs.
 * @param {import('../amocrm.js').Amo} amo
 */
export function createStream(amo, browser = globalThis) {
  /** @type {import('../ui/listeners.js').Listeners<[State, StreamEvent]>} */
  const listeners = createListeners();
  let state = EMPTY;
  let isWhole = false; // until then earlier events may be missing here, and an event must not move the reader's place
  let isLeading = false;

  /** @param {StreamEvent} event */
  function apply(event) {
    const next = reduce(state, event);
    if (next === state) return;
    state = next;
    listeners.notify(state, event);
  }

  /** @param {StreamEvent} event */
  function share(event) {
    apply(event);
    tabs.send(event);
  }

  function lead() {
    isLeading = isWhole = true;
    return startReader(amo, { state: () => state, share }, browser);
  }

  /** @param {any} message */
  function hear(message) {
    if (message.kind === 'hello') isLeading && tabs.send({ kind: 'whole', state });
    else if (message.kind === 'whole') adopt(message);
    else apply(isWhole ? message : { ...message, id: '' });
  }

  /** @param {StreamEvent} message */
  function adopt(message) {
    if (!isWhole) apply(message);
    isWhole = true;
  }

  const name = `phone-station:${amo.version}:${amo.account.id}:${amo.user.id}`; // tabs of two versions would not understand each other
  const tabs = joinTabs(name, { lead, hear }, browser);
  tabs.send({ kind: 'hello' });
  amo.onTurnedOff(tabs.leave);

  return {
    get state() {
      return state;
    },
    on: listeners.add,
    share,
  };
}
