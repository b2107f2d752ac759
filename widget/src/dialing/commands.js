/** @import { Contact, Outcome, Refusal } from '../api' */
/** @typedef {ReturnType<typeof createCommands>} Commands */

/**
 * What the user may do with a call, as requests to the backend. Each command carries a request id, kept while its end is unclear
 * (no answer came), so that doing it once more does the same thing, not a second one. Each rejects with a Refusal.
 * @param {Pick<import('../amocrm.js').Amo, 'ask'>} amo
 */
export function createCommands(amo) {
  /** @param {string} path @param {unknown} [body] */
  const post = (path, body) => amo.ask('POST', path, body);
  /** @param {string} call */
  const of = (call) => `/api/calls/${encodeURIComponent(call)}`;
  /** @param {string} call */
  const popupOf = (call) => `/api/popups/${encodeURIComponent(call)}`;
  return {
    /** Calls `phone`. */
    call: repeatable((request, /** @type {string} */ phone) => post('/api/calls', { request, phone })),
    hangup: repeatable((request, /** @type {string} */ call) => post(`${of(call)}/hangup`, { request })),
    transfer: repeatable((request, /** @type {string} */ call, /** @type {number} */ to, /** @type {'blind' | 'attended'} */ kind) =>
      post(`${of(call)}/transfer`, { request, to, kind }),
    ),
    cancelTransfer: repeatable((request, /** @type {string} */ call) => post(`${of(call)}/transfer/cancel`, { request })),
    completeTransfer: repeatable((request, /** @type {string} */ call) => post(`${of(call)}/transfer/complete`, { request })),
    /** @param {string} call */
    close: (call) => post(`${popupOf(call)}/close`),
    /** @param {string} call @param {Outcome & {request: string}} outcome */
    save: (call, outcome) => post(`${popupOf(call)}/outcome`, outcome),
    /** Of several cards with the call's number this one is the client. @param {string} call @param {string} entity @param {number} id */
    chooseClient: (call, entity, id) => post(`${popupOf(call)}/client`, { entity, id }),
    /** @param {string} query @returns {Promise<{contacts: Contact[]}>} */
    contacts: (query) => amo.ask('GET', `/api/contacts?query=${encodeURIComponent(query)}`),
  };
}

/** Whether the backend may have carried out the command although no answer came. @param {Pick<Refusal, 'kind'>} refusal */
export function isUnclear({ kind }) {
  return kind === 'network' || kind === 'server';
}

/** A random uuid (version 4); pages without TLS have no crypto.randomUUID. */
export function uuid() {
  const bytes = globalThis.crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

/**
 * @template {unknown[]} Arguments
 * @param {(request: string, ...given: Arguments) => Promise<any>} send
 * @returns {(...given: Arguments) => Promise<any>}
 */
function repeatable(send) {
  /** @type {Map<string, string>} */
  const unclear = new Map();
  return async (...given) => {
    const key = JSON.stringify(given);
    const request = unclear.get(key) ?? uuid();
    unclear.delete(key);
    try {
      return await send(request, ...given);
    } catch (error) {
      const refusal = /** @type {Refusal} */ (error);
      if (isUnclear(refusal)) unclear.set(key, request);
      throw refusal;
    }
  };
}
