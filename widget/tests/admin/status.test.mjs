import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pbxCheckResult } from '../../src/admin/pbx/pbx-check.js';
import { diagnosticsLine } from '../../src/admin/health/diagnostics.js';
import { SettingsDraft } from '../../src/admin/form/settings-draft.js';
import { healthItems } from '../../src/admin/health/health-items.js';
import { timeLeft, phonebookSection } from '../../src/admin/phonebook/phonebook-status.js';
import { openPage, settle } from '../kit/page.mjs';

const STATUS = { state: 'current', follows: 'hooks', stage: null, done: 0, total: null, eta_seconds: null, parties: 2, phones: 3, synced_at: 1e9 };
const RUNNING = { ...STATUS, state: 'running', follows: null, stage: 'contacts', synced_at: null };

function openAdmin(answers, language = 'en') {
  const page = openPage({ answers, language });
  const { amo } = page;
  const say = (key, values) => amo.words(`admin.${key}`, values);
  const opened = {};
  const tabs = { whenOpened: (key, listener) => (opened[key] = listener) };
  return Object.assign(page, { say, state: {}, tabs, opened, answer: { account: { id: 31 } }, moment: (at) => `<${at}>` });
}

async function clients(told, language) {
  const page = openAdmin(() => told, language);
  const node = phonebookSection(page);
  assert.equal(page.asked.length, 0, 'nothing is asked before it is seen');
  page.opened.connection();
  await settle();
  await settle();
  assert.deepEqual(page.asked.map(({ url }) => new URL(url).pathname), ['/api/phonebook']);
  return node;
}

test('clients of the CRM: kept up by webhooks, by asking, or not at all', async () => {
  const text = async (more) => (await clients({ ...STATUS, ...more })).textContent;
  assert.match(await text({}), /Changes in amoCRM arrive at once2 clients, numbers: 3Up to date as of <1000000000>/);
  assert.match(await text({ follows: 'polling' }), /every minute/);
  assert.match(await text({ state: 'stopped' }), /the account is not connected/);
  assert.match(await text({ state: 'running', stage: 'leads', total: 5 }), /imported again/);
  assert.match(await text({ state: 'waiting', parties: 0, synced_at: null }), /starts soon/);
});

test('the first reading: how far it is and how long it will take, as far as that is known', async () => {
  const node = await clients({ ...RUNNING, done: 12_000, total: 40_000, eta_seconds: 130 }, 'ru');
  const bar = node.querySelector('progress');
  assert.deepEqual([bar.max, bar.value], [40_000, 12_000]);
  assert.match(bar.getAttribute('aria-label'), /^12.000 из 40.000, сейчас контакты, осталось около 3 мин$/);
  const blind = await clients({ ...RUNNING, done: 500 });
  assert.equal(blind.querySelector('progress').hasAttribute('value'), false);
  assert.match(blind.textContent, /500 imported, now contacts/);
});

test('an estimate is whole minutes, upwards', () => {
  const { say } = openAdmin(() => ({}));
  assert.deepEqual([0, 61, 3540, 3600, 7260].map((each) => timeLeft(each, say)), ['1 min', '2 min', '59 min', '1 h 0 min', '2 h 1 min']);
});

test('the secret of the recordings is sent, and never kept in the browser', () => {
  const answer = { settings: { recordings: { source: 'http', url: null } }, pbx: null };
  const draft = new SettingsDraft(answer);
  draft.set('settings.recordings.secret', 'Gh7');
  assert.equal(draft.toSend().settings.recordings.secret, 'Gh7');
  assert.deepEqual(draft.toKeep().settings.recordings, { source: 'http', url: null });
  draft.set('settings.recordings.secret', undefined);
  assert.deepEqual(draft.paths(), []);
});

test('what a newer service finds on a PBX is drawn without a name of its own', () => {
  const { say } = openAdmin(() => ({}));
  const lines = [{ what: 'telepathy', state: 'warn', message: '<b>Odd</b>' }, { what: 'clock', state: 'ok', message: 'Right.' }];
  const texts = [...pbxCheckResult({ say, state: { check: { ok: true, lines, version: '' } } }).querySelectorAll('li > div')].map((each) => each.textContent);
  assert.deepEqual(texts, ['<b>Odd</b>', 'ClockRight.']);
});

test('the health tells what is there, and nothing of what the account has not', () => {
  const { say } = openAdmin(() => ({}));
  const empty = { entries: 0, waiting: 9, checked_at: null, trouble: '' };
  const quiet = { link: 'up', account: 'connected', waiting: 0, alerts: [], copy: empty, journal: { lost: 0, trouble: '' }, recordings: { waiting: 0, failed: 0, trouble: '' } };
  const titles = (more) => healthItems(say, { ...quiet, ...more }, String).map(({ state, title, text }) => `${state} ${title}: ${text}`);
  const usual = titles({});
  assert.equal(usual.length, 3);
  const more = titles({
    alerts: [{ kind: 'line', since: 1, message: '<i>away</i>' }],
    copy: { entries: 1, waiting: 2, checked_at: 5, trouble: '' },
    journal: { lost: 3, trouble: '' },
    recordings: { waiting: 4, failed: 5, trouble: '' },
  }).filter((each) => !usual.includes(each));
  assert.deepEqual(more, [
    'fail Administrators were notified: <i>away</i>',
    'warn Journal on the PBX: 3 calls are not in the CRM: the journal was full',
    'warn Call recordings: 4 pending, 5 could not be loaded',
    'ok Clients on the PBX: 1 client, 2 changes pending',
  ]);
  const gone = { employees: ['Анна'], stages: [{ of: 'account', name: '' }, { of: 'did', name: '74951000001' }] };
  assert.deepEqual(
    titles({ gone, link_reason: 'The AMI user lacks write=originate.' }).filter((each) => !usual.includes(each)),
    [
      'warn PBX connection: up, but some features do not work',
      'warn Deleted or disabled in amoCRM: Анна',
      'warn A stage was deleted in amoCRM: for all leads, for the number 74951000001',
    ],
  );
  for (const [trouble, words] of Object.entries({ no_right: /lacks rights/, no_tree: /cannot list/, silent: /in time/ })) {
    const [journal] = healthItems(say, { ...quiet, journal: { lost: 0, trouble } }, String);
    assert.match(`${journal.state} ${journal.detail}`, words);
  }
  for (const [trouble, words] of Object.entries({ refused: /refuses access/, unreachable: /return/ })) {
    const [recordings] = healthItems(say, { ...quiet, recordings: { waiting: 1, failed: 0, trouble } }, String);
    assert.match(`${recordings.state} ${recordings.detail} ${recordings.todo}`, words);
    assert.match(`${recordings.state} ${recordings.todo}`, /^warn Press Test/);
  }
});

test('diagnostics become a link that saves them, or the reason why not', async () => {
  let refusal = null;
  const page = openAdmin(() => {
    if (refusal) throw refusal;
    return { account: 31, note: '100 %' };
  });
  const node = diagnosticsLine(page);
  const press = async () => {
    node.querySelector('button').click();
    await settle();
    await settle();
  };
  await press();
  const link = node.querySelector('a');
  assert.equal(link.getAttribute('download'), 'phone-station-31.json');
  assert.deepEqual(JSON.parse(decodeURIComponent(link.href.split(',').slice(1).join(','))), { account: 31, note: '100 %' });
  refusal = { status: 503, error: 'busy', message: 'Later' };
  await press();
  assert.equal(node.querySelector('.ps-error').textContent, 'Later');
});
