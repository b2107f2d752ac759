import { isUnclear, uuid } from '../dialing/commands.js';

/** @import { Contact, Outcome, Refusal } from '../api' */

/**
 * @typedef {{result?: string, note?: string, task?: string, due?: number | null, dueName?: string, name?: string, contact?: Contact | null}} OutcomeFields
 * @typedef {{fields: OutcomeFields, sent?: {words: string, request: string}, at?: number}} Draft
 * @typedef {ReturnType<typeof createDrafts>} OutcomeDrafts
 */

const KEPT_FOR = 7 * 86400000; // ms; the backend shows no popup that old
const NAME = 'phone-station:draft:';

/**
 * What the user has typed about calls, by call, kept in the browser until it is saved. `amo` says whose it is: another account or
 * user on the same machine has its own.
 * @param {Pick<import('../amocrm.js').Amo, 'account' | 'user'>} amo @param {Storage} storage
 */
export function createDrafts(amo, storage, now = Date.now) {
  const prefix = `${NAME}${amo.account.id}:${amo.user.id}:`;

  /** @param {string} call @returns {Draft} */
  function read(call) {
    return parsed(storage.getItem(prefix + call)) ?? { fields: {} };
  }

  /** @param {string} call @param {Draft} draft */
  function write(call, draft) {
    try {
      storage.setItem(prefix + call, JSON.stringify({ ...draft, at: now() }));
    } catch (error) {
      if (/** @type {Error} */ (error).name !== 'QuotaExceededError') throw error; // a full storage keeps no more; the form itself still has it
    }
  }

  /** @param {string} call */
  function drop(call) {
    storage.removeItem(prefix + call);
  }

  return {
    drop,
    /** @param {string} call */
    fields: (call) => read(call).fields,
    /** Whether a key of the storage is this call's. @param {string} call @param {string | null} key */
    isOf: (call, key) => key === prefix + call,
    /** @param {string} call @param {OutcomeFields} fields */
    keep(call, fields) {
      if (isEmpty(fields)) drop(call);
      else write(call, { ...read(call), fields });
    },

    /**
     * The request id to send `outcome` with; the same again while the end of an attempt with the same words is unclear.
     * @param {string} call @param {Outcome} outcome
     */
    request(call, outcome) {
      const draft = read(call);
      const words = JSON.stringify(outcome);
      const sent = draft.sent?.words === words ? draft.sent : { words, request: uuid() };
      write(call, { ...draft, sent });
      return sent.request;
    },
    /** @param {string} call @param {Refusal} refusal */
    refused(call, refusal) {
      if (!isUnclear(refusal)) write(call, { ...read(call), sent: undefined });
    },

    /** Old drafts of all users of this browser: a user who has left it would never come back to remove theirs. */
    forgetOld() {
      const keys = Object.keys(storage).filter((key) => key.startsWith(NAME));
      const old = keys.filter((key) => !(parsed(storage.getItem(key))?.at > now() - KEPT_FOR));
      old.forEach((key) => storage.removeItem(key));
    },
  };
}

/** @param {OutcomeFields} fields */
export function isEmpty(fields) {
  return Object.values(fields).every((value) => !value);
}

/**
 * The body of POST …/outcome without its request: only what was filled in. A task without a text gets `defaultTask`.
 * @param {OutcomeFields} fields @param {string} defaultTask @returns {Outcome}
 */
export function outcomeOf({ result, note, task, due, name, contact }, defaultTask) {
  return JSON.parse(JSON.stringify({
    result: trimmed(result),
    note: trimmed(note),
    task: due ? { text: trimmed(task) ?? defaultTask, due } : undefined,
    name: contact ? undefined : trimmed(name),
    contact: contact?.id,
  }));
}

/** @param {string} [text] */
function trimmed(text) {
  return text?.trim() || undefined;
}

/** @param {string | null} text */
function parsed(text) {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null; // a broken draft, or another version's
  }
}
