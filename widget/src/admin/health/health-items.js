import { h, icon } from '../../ui/dom.js';

/** How the account and its line are, in words and with what to do: for the dialog, the connection and the overview. */

const ACCOUNT = { connected: 'ok', needs_reauthorisation: 'fail', disabled: 'fail', unpaid: 'fail' };
const LINE = { up: 'ok', connecting: 'warn', down: 'warn', refused: 'fail', never: 'warn' };

export function accountItem(say, { state }) {
  return item(say, { state: ACCOUNT[state] || 'warn', name: 'account', how: state });
}

/** `link` is null where no PBX is set. */
export function lineItem(say, link, reason) {
  if (!link) return item(say, { state: 'fail', name: 'line', how: 'none' });
  if (link === 'up' && reason) return item(say, { state: 'warn', name: 'line', how: 'limited', detail: reason });
  return item(say, { state: LINE[link] || 'warn', name: 'line', how: link, detail: reason });
}

function item(say, { state, name, how, detail }) {
  return {
    state,
    title: say(`health.${name}.title`),
    text: say(`health.${name}.${how}`),
    detail: detail && say('health.said', { detail }),
    todo: state === 'ok' ? '' : say(`health.${name}.${how}_todo`),
  };
}

/** What the overview tells of the account's health, worst first. */
export function healthItems(say, health, moment) {
  const items = [
    accountItem(say, { state: health.account }),
    lineItem(say, health.link, health.link_reason),
    ...(health.alerts || []).map((each) => alerted(say, each, moment)),
    backlog(say, health, moment),
    compared(say, health),
    copied(say, health.copy),
    lost(say, health.journal),
    recorded(say, health.recordings),
    listed(say, 'unmapped', health.unmapped_extensions),
    listed(say, 'left', health.gone?.employees),
    listed(
      say,
      'astray',
      (health.gone?.stages || []).map((each) => say(`health.astray.of_${each.of}`, each)),
    ),
    listed(say, 'dids', health.unknown_dids),
    listed(
      say,
      'refused',
      (health.refused || []).map((each) => each.why),
    ),
  ].filter(Boolean);
  const rank = { fail: 0, warn: 1, ok: 2 };
  return items.sort((one, other) => rank[one.state] - rank[other.state]);
}

function backlog(say, { waiting, waiting_since: since }, moment) {
  const title = say('health.backlog.title');
  if (!waiting) return { state: 'ok', title, text: say('health.backlog.none') };
  return {
    state: 'warn',
    title,
    text: say('health.backlog.some', { count: waiting, since: moment(since) }),
    todo: say('health.backlog.todo'),
  };
}

function compared(say, { seen_on_pbx: seen, in_crm: kept }) {
  if (seen === null || seen === undefined) return null;
  const isWhole = kept >= seen;
  return {
    state: isWhole ? 'ok' : 'warn',
    title: say('health.compared.title'),
    text: say('health.compared.text', { seen, kept }),
    todo: isWhole ? '' : say('health.compared.todo', { count: seen - kept }),
  };
}

/** What has been told inside amoCRM too. */
function alerted(say, { message, since }, moment) {
  return { state: 'fail', title: say('health.alert.title'), text: message, detail: say('health.alert.since', { time: moment(since) }) };
}

/** What the PBX knows without us; nothing where it has never been given anything. */
function copied(say, copy) {
  if (!copy || !(copy.entries || copy.checked_at || copy.trouble)) return null;
  const waiting = copy.waiting > 0 ? say('health.copy.waiting', { count: copy.waiting }) : '';
  const text = [say('health.copy.text', { count: copy.entries }), waiting].filter(Boolean).join(', ');
  return { state: copy.trouble ? 'warn' : 'ok', title: say('health.copy.title'), text, ...unread(say, copy) };
}

function lost(say, journal) {
  if (!journal?.lost && !journal?.trouble) return null;
  const title = say('health.journal.title');
  if (!journal.lost) return { state: 'warn', title, text: say('health.journal.unread'), ...unread(say, journal) };
  return { state: 'warn', title, text: say('health.journal.lost', { count: journal.lost }), todo: say('health.journal.todo') };
}

/** Why the PBX does not give what it keeps for us: no_right | no_tree | silent. */
function unread(say, { trouble }) {
  return trouble ? { detail: say(`health.unread.${trouble}`), todo: say(`health.unread.${trouble}_todo`) } : {};
}

function recorded(say, recordings) {
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

function listed(say, name, values) {
  if (!values?.length) return null;
  return {
    state: 'warn',
    title: say(`health.${name}.title`),
    text: [...new Set(values)].join(', '),
    todo: say(`health.${name}.todo`),
  };
}

const DRAWN = { ok: () => icon('check'), warn: () => '!', fail: () => icon('close'), todo: () => null };

/** A state as a coloured mark with its word for readers of the screen. */
export function mark(say, state) {
  return h('span', { class: 'ps-mark', role: 'img', 'aria-label': say(`state.${state}`) }, (DRAWN[state] || DRAWN.todo)());
}

/** The items as a list: a mark, what it is, how it is, what to do. */
export function statusList(say, items) {
  return h(
    'ul',
    { class: 'ps-lines' },
    items.map((each) => statusLine(say, each)),
  );
}

function statusLine(say, { state, title, text, detail, todo }) {
  return h(
    'li',
    { class: `ps-line ps-${state}` },
    mark(say, state),
    h(
      'div',
      {},
      h('p', {}, h('strong', {}, `${title}:`), ' ', text),
      detail && h('p', { class: 'ps-soft' }, detail),
      todo && h('p', { class: 'ps-todo' }, todo),
    ),
  );
}
