import { isUnclear, uuid } from './commands.js';

/**
 * What a person has typed about a call, kept in the browser until it is saved: {result, note, task, due, dueName, name,
 * contact}. `amo` says whose it is: another account or user on the same machine has its own.
 */
const KEEP = 7 * 86400000; // ms; the backend shows no popup that old

export function createDrafts(amo, storage, now = Date.now) {
  const prefix = `phone-station:draft:${amo.account.id}:${amo.user.id}:`;

  function read(call) {
    return parsed(storage.getItem(prefix + call)) ?? { fields: {} };
  }

  function write(call, draft) {
    try {
      storage.setItem(prefix + call, JSON.stringify({ ...draft, at: now() }));
    } catch (error) {
      if (error.name !== 'QuotaExceededError') throw error; // a full storage keeps no more; the form itself still has it
    }
  }

  return {
    fields: (call) => read(call).fields,
    keep(call, fields) {
      if (isEmpty(fields)) storage.removeItem(prefix + call);
      else write(call, { ...read(call), fields });
    },
    drop: (call) => storage.removeItem(prefix + call),
    isOf: (call, key) => key === prefix + call,

    /** The request id to send `outcome` with: that of an attempt whose end is unclear when it is the same, else a new one. */
    request(call, outcome) {
      const { sent } = read(call);
      return sent?.outcome === JSON.stringify(outcome) ? sent.request : uuid();
    },
    sent(call, request, outcome) {
      write(call, { ...read(call), sent: { request, outcome: JSON.stringify(outcome) } });
    },
    refused(call, refusal) {
      if (!isUnclear(refusal)) write(call, { ...read(call), sent: undefined });
    },
    forgetOld() {
      const keys = Object.keys(storage).filter((key) => key.startsWith(prefix));
      const old = keys.filter((key) => !(parsed(storage.getItem(key))?.at > now() - KEEP));
      old.forEach((key) => storage.removeItem(key));
    },
  };
}

export function isEmpty(fields) {
  return Object.values(fields).every((value) => !value);
}

/** The body of POST …/outcome, without its request; only what was filled in. */
export function outcomeOf({ result, note, task, due, name, contact }) {
  const outcome = { result: trimmed(result), note: trimmed(note), name: contact ? undefined : trimmed(name), contact: contact?.id };
  if (trimmed(task) || due) outcome.task = { text: trimmed(task) ?? '', due };
  return JSON.parse(JSON.stringify(outcome));
}

function trimmed(text) {
  return text?.trim() || undefined;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // another version's draft, or a broken one
  }
}
