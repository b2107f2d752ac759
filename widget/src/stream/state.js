/**
 * What a person's tabs know together, as one value: what the stream has told (docs/api.md), and what was just done by hand.
 * Every change is an event of `CHANGES`; the same events in all tabs make the same state.
 */

/** `connection`: connecting | live | offline | refused; `last`: where the stream's reader is; `skew`: this browser's clock minus ours, s. */
export const EMPTY = {
  me: null,
  colleagues: [],
  missed: [],
  popups: {},
  closing: {},
  touched: {},
  ticket: null,
  last: '',
  skew: 0,
  connection: 'connecting',
  trouble: '',
};

const KEPT = 300; // popups; closed ones are kept so that an old row, told twice, cannot open them again
const LIVE = ['ringing', 'calling', 'dialling', 'talking'];

const CHANGES = {
  me: (state, { data }) => ({ ...state, me: data }),
  colleagues: (state, { data }) => ({ ...state, colleagues: data.colleagues }),
  missed: (state, { data }) => ({ ...state, missed: data.calls }),
  popup: (state, { data, id }) => withPopup({ ...state, last: id || state.last }, data),
  connection: (state, { connection, trouble = '' }) => ({ ...state, connection, trouble }),
  ticket: (state, { ticket, skew = state.skew }) => ({ ...state, ticket, skew }),
  closing: (state, { call }) => ({ ...state, closing: { ...state.closing, [call]: true } }),
  closed: (state, { call }) => closedByHand(state, call),
  kept: (state, { call }) => ({ ...state, closing: without(state.closing, call) }),
  touched: (state, { call }) => ({ ...state, touched: { ...state.touched, [call]: true } }),
  saved: (state, { call }) => withDetails(state, call, { outcome: true }),
  whole: (state, { state: told }) => Object.values(state.popups).reduce(withPopup, told),
};

/** The state after an event; the same object when nothing has changed, or the event's kind is not known. */
export function reduce(state, event) {
  return CHANGES[event.kind]?.(state, event) ?? state;
}

/** Popups to be seen: those that are a call now before those that are over, newer ones first. */
export function openPopups({ popups, closing }) {
  const open = Object.values(popups).filter(({ call, state }) => state !== 'closed' && !closing[call]);
  return open.sort((one, other) => isLive(other) - isLive(one) || since(other) - since(one));
}

export function isLive({ state }) {
  return LIVE.includes(state);
}

function since({ details }) {
  return details.at ?? 0;
}

function withPopup(state, popup) {
  const known = state.popups[popup.call];
  if (known && known.serial >= popup.serial) return state;
  return { ...state, popups: bounded({ ...without(state.popups, popup.call), [popup.call]: popup }) };
}

/** The newest row is the last key; the oldest closed ones are forgotten first. */
function bounded(popups) {
  const calls = Object.keys(popups);
  if (calls.length <= KEPT) return popups;
  return without(popups, calls.find((call) => popups[call].state === 'closed') ?? calls[0]);
}

/** Closed here and on the server, whose row of it is on its way. */
function closedByHand(state, call) {
  const popup = state.popups[call];
  const popups = popup ? { ...state.popups, [call]: { ...popup, state: 'closed' } } : state.popups;
  return { ...state, popups, closing: without(state.closing, call), touched: without(state.touched, call) };
}

/** What was done by hand shows at once; the backend's own row is on its way. */
function withDetails(state, call, details) {
  const popup = state.popups[call];
  if (!popup) return state;
  return { ...state, popups: { ...state.popups, [call]: { ...popup, details: { ...popup.details, ...details } } } };
}

function without(map, key) {
  const { [key]: gone, ...rest } = map;
  return gone === undefined ? map : rest;
}
