import { growingWaits } from './waits.js';

const SILENCE = 45000; // ms; the backend says something every 20 s, one that is silent for longer is gone
// authorised requests may not go round in a loop (docs/amocrm-contract.md §4.8)
const TICKETS = { first: 5000, cap: 300000 };
const OPENINGS = { first: 500, cap: 30000 };
const PATIENT = 3; // refusals running that may be a server that is restarting
const KINDS = ['me', 'colleagues', 'missed', 'popup', 'beat'];

/**
 * Reads the backend's stream for all tabs, from `state().last` on, until the returned function is called; what it hears goes
 * to `share`. A ticket is used until it expires, or is refused again and again and there is another.
 */
export function startReader(amo, { state, share }, browser = globalThis) {
  const openings = growingWaits(OPENINGS);
  const exchanges = growingWaits(TICKETS);
  let source = null;
  let timer = null;
  let refusals = 0;
  let nextExchange = 0;
  let heard = 0;
  let isAsking = false;
  let isStopped = false;

  async function open() {
    close();
    const ticket = (refusals < PATIENT && usable()) || (await exchange()) || usable();
    if (isStopped) return;
    if (ticket) listen(ticket);
    else later(nextExchange - browser.Date.now(), open);
  }

  function usable() {
    const { ticket } = state();
    return ticket && ticket.until > browser.Date.now() ? ticket : null;
  }

  function listen(ticket) {
    close();
    source = new browser.EventSource(address(amo.backend, ticket.words, state().last));
    KINDS.forEach((kind) => source.addEventListener(kind, (event) => receive(kind, event)));
    source.addEventListener('error', lose);
    later(SILENCE, lose);
  }

  function close() {
    browser.clearTimeout(timer);
    source?.close();
    source = null;
  }

  function later(wait, act) {
    browser.clearTimeout(timer);
    timer = browser.setTimeout(act, wait);
  }

  function receive(kind, event) {
    heard = browser.Date.now();
    later(SILENCE, lose);
    refusals = 0;
    if (kind === 'me') share({ kind: 'connection', connection: 'live' });
    if (kind === 'beat') settle();
    if (kind !== 'beat') share({ kind, data: JSON.parse(event.data), id: event.lastEventId });
  }

  /** A stream that has lived until its first beat is a good one: the waits begin anew. */
  function settle() {
    openings.reset();
    exchanges.reset();
  }

  function lose() {
    const isRefused = source?.readyState === 2; // EventSource.CLOSED: the answer was not a stream
    refusals = isRefused ? refusals + 1 : 0;
    const wasLive = state().connection === 'live';
    share({ kind: 'connection', connection: wasLive ? 'connecting' : 'offline' });
    close();
    later(openings.next(), open);
  }

  /** A new ticket; null when it is not yet time for one, or none was given. */
  async function exchange() {
    if (isAsking || browser.Date.now() < nextExchange) return null;
    isAsking = true;
    nextExchange = browser.Date.now() + exchanges.next();
    const ticket = await amo.ask('POST', '/api/stream/ticket').then(keep, giveUp);
    isAsking = false;
    return ticket;
  }

  function keep({ ticket, expires_in: lasts, now: told }) {
    const now = browser.Date.now();
    const kept = { words: ticket, until: now + lasts * 1000 };
    refusals = 0;
    share({ kind: 'ticket', ticket: kept, skew: told ? now / 1000 - told : 0 });
    return kept;
  }

  function giveUp({ kind, message }) {
    const isAway = ['network', 'server', 'later'].includes(kind);
    if (!isAway) share({ kind: 'ticket', ticket: null });
    share({ kind: 'connection', connection: isAway ? 'offline' : 'refused', trouble: message });
    return null;
  }

  /** After a sleep or a lost network: what is open may be dead without knowing it. */
  function wake() {
    const isSilent = browser.Date.now() - heard > SILENCE;
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

function address(backend, ticket, last) {
  const url = new URL('/api/stream', backend);
  url.searchParams.set('ticket', ticket);
  if (last) url.searchParams.set('after', last);
  return url.href;
}
