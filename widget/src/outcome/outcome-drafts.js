import { isUnclear, uuid } from '../dialing/commands.js';

const KEEP = 7 * 86400000; // ms; the backend shows no popup that old
const NAME = 'phone-station:draft:';

/**
 * What a person has typed about calls, kept in the browser until it is saved: {result, note, task, due, dueName, name, contact}
 * by call. `amo` says whose it is: another account or user on the same machine has its own.
 */
export function createDrafts(amo, storage, now = Date.now) {
  const prefix = `${NAME}${amo.account.id}:${amo.user.id}:`;

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

  function drop(call) {
    storage.removeItem(prefix + call);
  }

  return {
    drop,
    fields: (call) => read(call).fields,
    isOf: (call, key) => key === prefix + call,
    keep(call, fields) {
      if (isEmpty(fields)) drop(call);
      else write(call, { ...read(call), fields });
    },

    /** The request id to send `outcome` with; the same again while the end of an attempt with the same words is unclear. */
    request(call, outcome) {
      const draft = read(call);
      const words = JSON.stringify(outcome);
      const sent = draft.sent?.words === words ? draft.sent : { words, request: uuid() };
      write(call, { ...draft, sent });
      return sent.request;
    },
    refused(call, refusal) {
      if (!isUnclear(refusal)) write(call, { ...read(call), sent: undefined });
    },

    /** Of everybody at this browser: who left it may never come back to do it. */
    forgetOld() {
      const keys = Object.keys(storage).filter((key) => key.startsWith(NAME));
      const old = keys.filter((key) => !(parsed(storage.getItem(key))?.at > now() - KEEP));
      old.forEach((key) => storage.removeItem(key));
    },
  };
}

export function isEmpty(fields) {
  return Object.values(fields).every((value) => !value);
}

/** The body of POST …/outcome without its request: only what was filled in. A task without words has `usualTask`. */
export function outcomeOf({ result, note, task, due, name, contact }, usualTask) {
  return JSON.parse(JSON.stringify({
    result: trimmed(result),
    note: trimmed(note),
    task: due ? { text: trimmed(task) ?? usualTask, due } : undefined,
    name: contact ? undefined : trimmed(name),
    contact: contact?.id,
  }));
}

function trimmed(text) {
  return text?.trim() || undefined;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a broken draft, or another version's
  }
}
