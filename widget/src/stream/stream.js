import { hearers } from '../ui/listeners.js';
import { startReader } from './reader.js';
import { EMPTY, reduce } from './state.js';
import { joinTabs } from './browser-tabs.js';

/**
 * What the backend tells this user, the same in all tabs of the browser (`state.js` names what is in it). `on(listener)` calls
 * listener(state, event) at each change and returns its undo; `share(event)` applies an event here and in the other tabs.
 */
export function createStream(amo, browser = globalThis) {
  const listeners = hearers();
  let state = EMPTY;
  let isWhole = false; // until then what is heard may lack what came before, and must not move the reader's place
  let isLeading = false;

  function apply(event) {
    const next = reduce(state, event);
    if (next === state) return;
    state = next;
    listeners.tell(state, event);
  }

  function share(event) {
    apply(event);
    tabs.tell(event);
  }

  function lead() {
    isLeading = isWhole = true;
    return startReader(amo, { state: () => state, share }, browser);
  }

  function hear(message) {
    if (message.kind === 'hello') isLeading && tabs.tell({ kind: 'whole', state });
    else if (message.kind === 'whole') adopt(message);
    else apply(isWhole ? message : { ...message, id: '' });
  }

  function adopt(message) {
    if (!isWhole) apply(message);
    isWhole = true;
  }

  const name = `phone-station:${amo.version}:${amo.account.id}:${amo.user.id}`; // tabs of two versions would not understand each other
  const tabs = joinTabs(name, { lead, hear }, browser);
  tabs.tell({ kind: 'hello' });
  amo.onTurnedOff(tabs.leave);

  return {
    get state() {
      return state;
    },
    on: listeners.add,
    share,
  };
}
