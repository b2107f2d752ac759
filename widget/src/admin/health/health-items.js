/**
 * The state of the account and its PBX connection, in words and with what to do: for the dialog, the connection and the overview.
 *
 * @import { StatusItem } from '../form/status-list.js'
 * @import { Words } from '../../amocrm.js'
 */

/** @type {Record<string, string>} */
const ACCOUNT = { connected: 'ok', needs_reauthorisation: 'fail', disabled: 'fail', unpaid: 'fail' };
/** @type {Record<string, string>} */
const LINE = { up: 'ok', connecting: 'warn', down: 'warn', refused: 'fail', never: 'warn' };

/** @param {Words} say @param {{state: string}} account @returns {StatusItem} */
export function accountItem(say, { state }) {
  return item(say, { state: ACCOUNT[state] || 'warn', name: 'account', how: state });
}

/** `link` is null where no PBX is set. @param {Words} say @param {string | null | undefined} link @param {string} [reason] @returns {StatusItem} */
export function lineItem(say, link, reason) {
  if (!link) return item(say, { state: 'fail', name: 'line', how: 'none' });
  if (link === 'up' && reason) return item(say, { state: 'warn', name: 'line', how: 'limited', detail: reason });
  return item(say, { state: LINE[link] || 'warn', name: 'line', how: link, detail: reason });
}

/** @param {Words} say @param {{state: any, name: string, how: string, detail?: string}} parts @returns {StatusItem} */
function item(say, { state, name, how, detail }) {
  return {
    state,
    title: say(`health.${name}.title`),
    text: say(`health.${name}.${how}`),
    detail: detail && say('health.said', { detail }),
    todo: state === 'ok' ? '' : say(`health.${name}.${how}_todo`),
  };
}

/** The account's health as the overview shows it, worst first. @param {Words} say @param {any} health of docs/api.md @param {(at: number) => string} moment @returns {StatusItem[]} */
export function healthItems(say, health, moment) {
  const items = [
    accountItem(say, { state: health.account }),
    lineItem(say, health.link, health.link_reason),
    ...(health.alerts || []).map((each) => alertItem(say, each, moment)),
    backlogItem(say, health, moment),
    comparedItem(say, health),
    copyItem(say, health.copy),
    journalItem(say, health.journal),
    recordingsItem(say, health.recordings),
    listItem(say, 'unmapped', health.unmapped_extensions),
    listItem(say, 'left', health.gone?.employees),
    listItem(
      say,
      'astray',
      (health.gone?.stages || []).map((each) => say(`health.astray.of_${each.of}`, each)),
    ),
    listItem(say, 'dids', health.unknown_dids),
    listItem(
      say,
      'left_out',
      (health.left_out || []).map((each) => each.name),
    ),
    refusedItem(say, health.refused || []),
  ].filter(Boolean);
  /** @type {Record<string, number>} */
  const rank = { fail: 0, warn: 1, ok: 2 };
  return items.sort((one, other) => rank[one.state] - rank[other.state]);
}

function refusedItem(say, refused) {
  if (!refused.length) return null;
  const text = say('health.refused.count', { count: refused.length });
  return { state: 'warn', title: say('health.refused.title'), text, todo: say('health.refused.todo') };
}

function backlogItem(say, { waiting, waiting_since: since }, moment) {
  const title = say('health.backlog.title');
  if (!waiting) return { state: 'ok', title, text: say('health.backlog.none') };
  return {
    state: 'warn',
    title,
    text: say('health.backlog.some', { count: waiting, since: moment(since) }),
    todo: say('health.backlog.todo'),
  };
}

function comparedItem(say, { seen_on_pbx: seen, in_crm: kept }) {
  if (seen === null || seen === undefined) return null;
  const isWhole = kept >= seen;
  return {
    state: isWhole ? 'ok' : 'warn',
    title: say('health.compared.title'),
    text: say('health.compared.text', { seen, kept }),
    todo: isWhole ? '' : say('health.compared.todo', { count: seen - kept }),
  };
}

/** An alert that administrators have got inside amoCRM too. */
function alertItem(say, { message, since }, moment) {
  return { state: 'fail', title: say('health.alert.title'), text: message, detail: say('health.alert.since', { time: moment(since) }) };
}

/** The PBX's own copy of the clients; nothing where it has never had any. */
function copyItem(say, copy) {
  if (!copy || !(copy.entries || copy.checked_at || copy.trouble)) return null;
  const waiting = copy.waiting > 0 ? say('health.copy.waiting', { count: copy.waiting }) : '';
  const text = [say('health.copy.text', { count: copy.entries }), waiting].filter(Boolean).join(', ');
  return { state: copy.trouble ? 'warn' : 'ok', title: say('health.copy.title'), text, ...unreadReason(say, copy) };
}

function journalItem(say, journal) {
  if (!journal?.lost && !journal?.trouble) return null;
  const title = say('health.journal.title');
  if (!journal.lost) return { state: 'warn', title, text: say('health.journal.unread'), ...unreadReason(say, journal) };
  return { state: 'warn', title, text: say('health.journal.lost', { count: journal.lost }), todo: say('health.journal.todo') };
}

/** Why the PBX's copy or journal cannot be read: no_right | no_tree | silent. */
function unreadReason(say, { trouble }) {
  return trouble ? { detail: say(`health.unread.${trouble}`), todo: say(`health.unread.${trouble}_todo`) } : {};
}

function recordingsItem(say, recordings) {
  if (!recordings?.waiting && !recordings?.failed) return null;
  const { waiting, failed, trouble } = recordings;
  const parts = [waiting && say('health.recordings.waiting', { count: waiting }), failed && say('health.recordings.failed', { count: failed })];
  const isWell = !failed && !trouble;
  return {
    state: isWell ? 'ok' : 'warn',
    title: say('health.recordings.title'),
    text: parts.filter(Boolean).join(', '),
    detail: trouble ? say(`health.recordings.${trouble}`) : '',
    todo: isWell ? '' : say('health.recordings.todo'),
  };
}

function listItem(say, name, values) {
  if (!values?.length) return null;
  return {
    state: 'warn',
    title: say(`health.${name}.title`),
    text: [...new Set(values)].join(', '),
    todo: say(`health.${name}.todo`),
  };
}
