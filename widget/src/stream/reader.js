import { createRetryDelays } from './retry-delays.js';

/** @import { Refusal } from '../api' */
/** @import { State, StreamEvent, Ticket } from './state.js' */

const SILENCE = 45000; // ms; the backend sends something every 20 s, a stream that is silent for longer is dead
const TICKET_DELAYS = { first: 5000, cap: 300000 }; // authorised requests may not go round in a loop (docs/amocrm-contract.md §4.8)
const OPEN_DELAYS = { first: 500, cap: 30000 };
const REFUSALS_OF_A_RESTART = 3; // refusals in a row that may come from a server that is restarting
const KINDS = ['me', 'colleagues', 'missed', 'popup', 'beat'];

/**
 * Reads the backend's stream for all tabs, from `state().last` on, until the returned function is called; each event goes to
 * `share`. A ticket is used until it expires, or is refused several times in a row and there is another.
 * @param {import('../amocrm.js').Amo} amo
 * @param {{state: () => State, share: (event: StreamEvent) => void}} stream
 * @param {typeof globalThis} browser
 */
export function startReader(amo, { state, share }, browser = globalThis) {
  const openDelays = createRetryDelays(OPEN_DELAYS);
  const ticketDelays = createRetryDelays(TICKET_DELAYS);
  /** @type {EventSource | null} */
  let source = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let refusals = 0;
  let nextExchange = 0;
  let lastEventAt = 0;
  let isAsking = false;
  let isStopped = false;

  async function open() {
    close();
    const ticket = (refusals < REFUSALS_OF_A_RESTART && usable()) || (await exchange()) || usable();
    if (isStopped) return;
    if (ticket) listen(ticket);
    else later(nextExchange - browser.Date.now(), open);
  }

  function usable() {
    const { ticket } = state();
    return ticket && ticket.until > browser.Date.now() ? ticket : null;
  }

  /** @param {Ticket} ticket */
  function listen(ticket) {
    close();
    const opened = new browser.EventSource(address(amo.backend, ticket.words, state().last));
    KINDS.forEach((kind) => opened.addEventListener(kind, (event) => receive(kind, event)));
    opened.addEventListener('error', lose);
    source = opened;
    later(SILENCE, lose);
  }

  function close() {
    browser.clearTimeout(timer);
    source?.close();
    source = null;
  }

  /** @param {number} delay @param {() => void} act */
  function later(delay, act) {
    browser.clearTimeout(timer);
    timer = browser.setTimeout(act, delay);
  }

  /** @param {string} kind @param {MessageEvent} event */
  function receive(kind, event) {
    lastEventAt = browser.Date.now();
    later(SILENCE, lose);
    refusals = 0;
    if (kind === 'me') share({ kind: 'connection', connection: 'live' });
    if (kind === 'beat') resetDelays();
    if (kind !== 'beat') share({ kind, data: JSON.parse(event.data), id: event.lastEventId });
  }

  /** A stream that has lived until its first beat works: the delays begin from the shortest again. */
  function resetDelays() {
    openDelays.reset();
    ticketDelays.reset();
  }

  function lose() {
    const isRefused = source?.readyState === 2; // EventSource.CLOSED: the answer was not a stream
    refusals = isRefused ? refusals + 1 : 0;
    const wasLive = state().connection === 'live';
    share({ kind: 'connection', connection: wasLive ? 'connecting' : 'offline' });
    close();
    later(openDelays.next(), open);
  }

  /** A new ticket; null when it is not yet time for one, or none was given. */
  async function exchange() {
    if (isAsking || browser.Date.now() < nextExchange) return null;
    isAsking = true;
    nextExchange = browser.Date.now() + ticketDelays.next();
    const ticket = await amo.ask('POST', '/api/stream/ticket').then(keep, giveUp);
    isAsking = false;
    return ticket;
  }

  /** @param {{ticket: string, expires_in: number, now?: number}} answer @returns {Ticket} */
  function keep({ ticket, expires_in: lasts, now: serverTime }) {
    const now = browser.Date.now();
    const kept = { words: ticket, until: now + lasts * 1000 };
    refusals = 0;
    share({ kind: 'ticket', ticket: kept, skew: serverTime ? now / 1000 - serverTime : 0 });
    return kept;
  }

  /** @param {Refusal} refusal */
  function giveUp({ kind, message }) {
    const isAway = ['network', 'server', 'later'].includes(kind);
    if (!isAway) share({ kind: 'ticket', ticket: null });
    share({ kind: 'connection', connection: isAway ? 'offline' : 'refused', trouble: message });
    return null;
  }

  /** After a sleep or a lost network an open stream may be dead without knowing it. */
  function wake() {
    const isSilent = browser.Date.now() - lastEventAt > SILENCE;
    if (browser.document.visibilityState !== 'hidden' && (isSilent || !source)) open();
  }

  browser.addEventListener('online', open);
  browser.document.addEventListener('visibilitychange', wake);
  open();

  return () => {
    isStopped = true;
    browser.removeEventListener('online', open);
    browser.document.removeEventListener('visibilitychange', wake);
    close();
  };
}

/** @param {string} backend @param {string} ticket @param {string} last */
function address(backend, ticket, last) {
  const url = new URL('/api/stream', backend);
  url.searchParams.set('ticket', ticket);
  if (last) url.searchParams.set('after', last);
  return url.href;
}
