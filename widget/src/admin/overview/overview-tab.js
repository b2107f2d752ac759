import { fill, h } from '../../ui/dom.js';
import { durationInWords } from '../../ui/format.js';
import { barChart } from './charts.js';
import { diagnosticsLine } from '../health/diagnostics.js';
import { section, table } from '../form/form.js';
import { statusList } from '../form/status-list.js';
import { healthItems } from '../health/health-items.js';
import { refusedList } from '../health/refused.js';
import { requestsSection } from '../callback/requests.js';
import { labels, ofCalls, share, totals } from './series.js';

/** The calls of the last days as numbers, charts and tables, and the account's health. */

const PERIODS = [1, 7, 30, 90];
const AUDIT = ['seen', 'in_crm', 'mended', 'by_rule', 'gone', 'waiting', 'failed'];
const COLOURS = { answered: '#2f8f63', missed: '#d4574e', outbound: '#5b8fd6' };

export function overviewTab(page) {
  const { say, state } = page;
  state.days ??= 7;
  const place = h('div', { class: 'ps-overview', 'aria-live': 'polite' });
  const pick = (days) => {
    state.days = days;
    load(page, place);
  };
  const period = (days) => {
    const input = h('input', {
      type: 'radio',
      name: 'ps-days',
      checked: state.days === days,
      onchange: () => pick(days),
    });
    return h('label', { class: 'ps-period' }, input, h('span', {}, say(`overview.days_${days}`)));
  };
  const siteRequests = page.answer.is_admin ? requestsSection(page) : null;
  page.tabs.whenOpened('overview', () => {
    load(page, place);
    siteRequests?.load();
  });
  return [
    h('div', { class: 'ps-periods', role: 'group', 'aria-label': say('overview.period') }, PERIODS.map(period)),
    siteRequests?.node,
    place,
  ];
}

/** An answer for a period that is no longer chosen is dropped. */
async function load(page, place) {
  const { amo, say, state } = page;
  const { days } = state;
  if (!place.childNodes.length) fill(place, h('p', { class: 'ps-loading' }, say('loading')));
  place.setAttribute('aria-busy', 'true');
  try {
    const [answer, uPlot] = await Promise.all([
      amo.ask('GET', `/api/overview?days=${days}`),
      amo.load('uPlot').catch(() => null),
    ]);
    if (state.days === days) fill(place, ...drawn(page, answer, uPlot, () => load(page, place)));
  } catch (refusal) {
    if (!refusal.kind) throw refusal;
    if (state.days === days) fill(place, h('p', { class: 'ps-failed', role: 'alert' }, refusal.message));
  }
  place.removeAttribute('aria-busy');
}

function drawn(page, answer, uPlot, reload) {
  const { say } = page;
  const all = totals(answer.calls);
  const health = answer.health && healthSection(page, answer.health, reload);
  if (!all.all) return [empty(page), health];
  return [
    figures(say, answer, all),
    byPeriod(page, answer, uPlot),
    byHour(say, answer, uPlot),
    byEmployee(say, answer),
    byDid(say, answer),
    health,
  ];
}

function healthSection(page, health, reload) {
  const known = page.answer.pbx ? health : { ...health, link: null };
  const items = healthItems(page.say, known, (at) => page.moment(at));
  return section(
    page.say('overview.health'),
    null,
    statusList(page.say, items),
    refusedList(page, health.refused || [], reload),
    byAudit(page, health.days || []),
    diagnosticsLine(page),
  );
}

/** Each day's calls as they were compared with the CRM. */
function byAudit({ say, amo }, days) {
  const format = new Intl.DateTimeFormat(amo.locale, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const rows = days.map((each) => [format.format(new Date(each.day)), ...AUDIT.map((name) => String(each[name]))]);
  const columns = ['day', ...AUDIT].map((name) => say(`audit.${name}`));
  return (
    rows.length > 0 &&
    h(
      'div',
      { class: 'ps-audit' },
      h('h4', {}, say('audit.title')),
      h('p', { class: 'ps-hint' }, say('audit.about')),
      table(say('audit.title'), columns, rows, 'ps-numbers'),
    )
  );
}

function empty({ say, answer }) {
  return h(
    'div',
    { class: 'ps-empty' },
    h('h3', {}, say('overview.empty')),
    h('p', {}, say(answer.is_admin ? 'overview.empty_about' : 'overview.empty_own')),
  );
}

function figures(say, { answer_after: waits, missed }, all) {
  const missedShare = share(all.missed, all.inbound);
  const closed = share(missed.closed, missed.total);
  const tiles = [
    ['inbound', all.inbound, ''],
    ['outbound', all.outbound, all.failed ? say('overview.failed', { count: all.failed }) : ''],
    ['missed', all.missed, missedShare === null ? '' : say('overview.of_inbound', { share: missedShare })],
    [
      'answer',
      durationInWords(waits.median, say),
      waits.p90 === null ? '' : say('overview.p90', { time: durationInWords(waits.p90, say) }),
    ],
    [
      'response',
      durationInWords(missed.first_response_median, say),
      closed === null ? '' : say('overview.closed', { closed: missed.closed, total: missed.total }),
    ],
  ];
  return h(
    'dl',
    { class: 'ps-tiles' },
    tiles.map(([name, value, more]) => tile(say(`overview.${name}`), value, more, name)),
  );
}

function tile(title, value, more, kind) {
  return h(
    'div',
    { class: `ps-tile ps-tile-${kind}` },
    h('dt', {}, title),
    h('dd', {}, h('strong', {}, String(value)), more && h('span', {}, more)),
  );
}

function byPeriod({ say, amo }, answer, uPlot) {
  const values = ofCalls(answer.calls);
  return barChart({
    uPlot,
    say,
    title: say(answer.days === 1 ? 'overview.by_hour' : 'overview.by_day'),
    nameHead: say(answer.days === 1 ? 'overview.hour' : 'overview.day'),
    names: labels(answer.calls, answer, amo.locale),
    series: ['answered', 'missed', 'outbound'].map((name) => part(say, name, values[name])),
  });
}

function byHour(say, { hours }, uPlot) {
  return barChart({
    uPlot,
    say,
    title: say('overview.hours'),
    nameHead: say('overview.hour'),
    names: hours.map((_, hour) => `${String(hour).padStart(2, '0')}:00`),
    series: ['answered', 'missed'].map((name) =>
      part(
        say,
        name,
        hours.map((each) => each[name]),
      ),
    ),
  });
}

function part(say, name, values) {
  return { label: say(`overview.${name}`), colour: COLOURS[name], values };
}

function byEmployee(say, { employees }) {
  const columns = ['employee', 'inbound', 'outbound', 'missed_rung', 'talk', 'answer_after'].map((each) =>
    say(`overview.${each}`),
  );
  const rows = employees.map((each) =>
    [
      each.name,
      each.inbound,
      each.outbound,
      each.missed_rung,
      durationInWords(each.talk, say),
      durationInWords(each.answer_after, say),
    ].map(String),
  );
  return (
    rows.length > 0 &&
    section(say('overview.employees'), null, table(say('overview.employees'), columns, rows, 'ps-numbers'))
  );
}

function byDid(say, { dids }) {
  const columns = ['did', 'calls', 'answered', 'missed', 'missed_share'].map((each) => say(`overview.${each}`));
  const rows = dids.map(({ did, calls, answered, missed }) => {
    const lost = share(missed, calls);
    return [did || '—', calls, answered, missed, lost === null ? '—' : say('overview.percent', { share: lost })].map(String);
  });
  return (
    rows.length > 0 && section(say('overview.dids'), null, table(say('overview.dids'), columns, rows, 'ps-numbers'))
  );
}
