/** @import { Call, Colleague, Me, Popup, PopupDetails } from '../api' */

/**
 * What a user's tabs know together, as one value: what came by the stream (docs/api.md), and what the user has just done. Every
 * change is an event of `CHANGES`; the same events in all tabs make the same state.
 *
 * @typedef {{words: string, until: number}} Ticket until: ms of the browser's clock
 * @typedef {object} State
 * @property {Me | null} me
 * @property {Colleague[]} colleagues
 * @property {Call[]} missed
 * @property {Record<string, Popup>} popups by call, the newest row last
 * @property {Record<string, true>} closing calls whose popups the user has closed, until the backend has answered
 * @property {Record<string, true>} touched calls whose popups the user has clicked or focused
 * @property {Ticket | null} ticket
 * @property {string} last the id of the last event, from which the stream's reader goes on
 * @property {number} skew this browser's clock minus the backend's, s
 * @property {'connecting' | 'live' | 'offline' | 'refused'} connection
 * @property {string} trouble why the connection is refused, in words
 *
 * @typedef {{kind: string, [more: string]: any}} StreamEvent
 */

/** @type {State} */
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

const KEPT = 300; // popups; closed ones are kept so that an old row that comes again cannot reopen them
const LIVE = ['ringing', 'calling', 'dialling', 'talking'];

/** @type {Record<string, (state: State, event: any) => State>} */
const CHANGES = {
  me: (state, { data }) => ({ ...state, me: data }),
  colleagues: (state, { data }) => ({ ...state, colleagues: data.colleagues }),
  missed: (state, { data }) => ({ ...state, missed: data.calls }),
  popup: (state, { data, id }) => withPopup({ ...state, last: id || state.last }, data),
  connection: (state, { connection, trouble = '' }) => ({ ...state, connection, trouble }),
  ticket: (state, { ticket, skew = state.skew }) => ({ ...state, ticket, skew }),
  closing: (state, { call }) => ({ ...state, closing: { ...state.closing, [call]: true } }),
  closed: (state, { call }) => withClosed(state, call),
  kept: (state, { call }) => ({ ...state, closing: without(state.closing, call) }),
  touched: (state, { call }) => ({ ...state, touched: { ...state.touched, [call]: true } }),
  saved: (state, { call }) => withDetails(state, call, { outcome: true }),
  whole: (state, { state: leaders }) => Object.values(state.popups).reduce(withPopup, leaders),
};

/**
 * The state after an event; the same object when nothing has changed, or the event's kind is not known.
 * @param {State} state @param {StreamEvent} event
 */
export function reduce(state, event) {
  return CHANGES[event.kind]?.(state, event) ?? state;
}

/** Popups to be shown: live calls before those that are over, newer ones first. @param {Pick<State, 'popups' | 'closing'>} state */
export function openPopups({ popups, closing }) {
  const open = Object.values(popups).filter(({ call, state }) => state !== 'closed' && !closing[call]);
  return open.sort((one, other) => Number(isLive(other)) - Number(isLive(one)) || since(other) - since(one));
}

/** @param {Pick<Popup, 'state'>} popup */
export function isLive({ state }) {
  return LIVE.includes(state);
}

/** @param {Popup} popup */
function since({ details }) {
  return details.at ?? 0;
}

/** @param {State} state @param {Popup} popup @returns {State} */
function withPopup(state, popup) {
  const known = state.popups[popup.call];
  if (known && known.serial >= popup.serial) return state;
  return { ...state, popups: bounded({ ...without(state.popups, popup.call), [popup.call]: popup }) };
}

/** The oldest closed popups are forgotten first. @param {State['popups']} popups */
function bounded(popups) {
  const calls = Object.keys(popups);
  if (calls.length <= KEPT) return popups;
  return without(popups, calls.find((call) => popups[call].state === 'closed') ?? calls[0]);
}

/** Closed here and on the server; the server's own row of it is on its way. @param {State} state @param {string} call @returns {State} */
function withClosed(state, call) {
  const popup = state.popups[call];
  const popups = popup ? { ...state.popups, [call]: { ...popup, state: /** @type {const} */ ('closed') } } : state.popups;
  return { ...state, popups, closing: without(state.closing, call), touched: without(state.touched, call) };
}

/**
 * The user's own change shows at once; the server's own row of it is on its way.
 * @param {State} state @param {string} call @param {Partial<PopupDetails>} details @returns {State}
 */
function withDetails(state, call, details) {
  const popup = state.popups[call];
  if (!popup) return state;
  return { ...state, popups: { ...state.popups, [call]: { ...popup, details: { ...popup.details, ...details } } } };
}

/** @template Value @param {Record<string, Value>} map @param {string} key @returns {Record<string, Value>} */
function without(map, key) {
  const { [key]: removed, ...rest } = map;
  return removed === undefined ? map : rest;
}
