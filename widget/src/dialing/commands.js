/**
 * What a person may do with a call, said to the backend. Each command carries a request id, kept while its end is unclear (no
 * answer came), so that doing it once more does the same thing, not a second one.
 */
export function createCommands(amo) {
  const post = (path, body) => amo.ask('POST', path, body);
  const of = (call) => `/api/calls/${encodeURIComponent(call)}`;
  return {
    call: repeatable((request, phone) => post('/api/calls', { request, phone })),
    hangup: repeatable((request, call) => post(`${of(call)}/hangup`, { request })),
    transfer: repeatable((request, call, to, kind) => post(`${of(call)}/transfer`, { request, to, kind })),
    cancelTransfer: repeatable((request, call) => post(`${of(call)}/transfer/cancel`, { request })),
    completeTransfer: repeatable((request, call) => post(`${of(call)}/transfer/complete`, { request })),
    close: (call) => post(`/api/popups/${encodeURIComponent(call)}/close`),
    save: (call, outcome) => post(`/api/popups/${encodeURIComponent(call)}/outcome`, outcome),
    contacts: (query) => amo.ask('GET', `/api/contacts?query=${encodeURIComponent(query)}`),
  };
}

/** Whether the backend may have done what was asked, although it did not say so. */
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

function repeatable(send) {
  const unclear = new Map();
  return async (...asked) => {
    const key = JSON.stringify(asked);
    const request = unclear.get(key) ?? uuid();
    unclear.delete(key);
    try {
      return await send(request, ...asked);
    } catch (refusal) {
      if (isUnclear(refusal)) unclear.set(key, request);
      throw refusal;
    }
  };
}
