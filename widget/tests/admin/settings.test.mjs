import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checklist } from '../../src/admin/page/checklist.js';
import { stagesOf } from '../../src/admin/settings/stages-by-did.js';
import { SettingsDraft, same } from '../../src/admin/form/settings-draft.js';
import { companyId } from '../../src/admin/settings/leads-tab.js';
import { credentials } from '../../src/admin/pbx/paste-lines.js';
import { namesake, employeeRows, unassignedExtensions, withEmployee } from '../../src/admin/settings/employee-extensions.js';
import { byUser, placeErrors } from '../../src/admin/form/error-fields.js';
import { stageOptions } from '../../src/admin/settings/stage-options.js';

const answer = (settings = {}, pbx = null) => ({
  account: { id: 1, state: 'connected' },
  settings: {
    country: 'RU',
    employees: [],
    missed_to: [],
    default_employee: null,
    dial: { context: 'from-internal', prefix: '' },
    from_tomorrow: { x: 1 },
    ...settings,
  },
  pbx,
});
const PBX = {
  host: 'pbx.example',
  port: 5038,
  username: 'station',
  tls: true,
  certificate: null,
  has_secret: true,
  link: 'up',
  link_reason: '',
};

// The document and the form

test('what is unknown here is sent as it came, and the whole document goes', () => {
  const draft = new SettingsDraft(answer());
  draft.set('settings.country', 'KZ');
  assert.deepEqual(draft.toSend(), { settings: { ...answer().settings, country: 'KZ' } });
});

test('a change that is taken back is no change', () => {
  const draft = new SettingsDraft(answer({ missed_to: [1] }));
  draft.set('settings.missed_to', []);
  assert.deepEqual(draft.paths(), ['settings.missed_to']);
  draft.set('settings.missed_to', [1]);
  assert.deepEqual(draft.paths(), []);
});

test('a part of a setting is changed with the rest of it kept', () => {
  const draft = new SettingsDraft(answer());
  draft.set('settings.dial.prefix', '9');
  assert.deepEqual(draft.toSend().settings.dial, { context: 'from-internal', prefix: '9' });
  assert.equal(draft.get('settings.dial.prefix'), '9');
  draft.set('settings.dial.prefix', '');
  assert.deepEqual(draft.paths(), []);
});

test('another administrator keeps what he changed, and mine lies over the rest', () => {
  const draft = new SettingsDraft(answer());
  draft.set('settings.country', 'KZ');
  assert.deepEqual(draft.rebase(answer({ missed_to: [7] })), []);
  assert.deepEqual([draft.toSend().settings.country, draft.toSend().settings.missed_to], ['KZ', [7]]);
  draft.rebase(answer({ country: 'KZ' }));
  assert.deepEqual(draft.paths(), []);
});

test('what two have changed is told; what both changed to the same is not', () => {
  const draft = new SettingsDraft(answer({}, PBX));
  draft.set('settings.country', 'KZ');
  draft.set('settings.dial.prefix', '9');
  draft.set('pbx.port', 5039);
  const theirs = answer({ country: 'KZ', dial: { context: 'out', prefix: '' } }, { ...PBX, port: 15038, link: 'down' });
  assert.deepEqual(draft.rebase(theirs), ['settings.dial', 'pbx.port']);
  assert.deepEqual(draft.rebase(theirs), [], 'once');
});

test('the service is told what was read', () => {
  const draft = new SettingsDraft({ ...answer(), version: 'a1' });
  assert.equal(draft.toSend().version, 'a1');
  draft.rebase({ ...answer(), version: 'b2' });
  assert.equal(draft.toSend().version, 'b2');
});

test('the PBX goes only when it was touched, without what is only shown', () => {
  const draft = new SettingsDraft(answer({}, PBX));
  assert.equal('pbx' in draft.toSend(), false);
  draft.set('pbx.port', 5039);
  assert.deepEqual(draft.toSend().pbx, {
    host: 'pbx.example',
    port: 5039,
    username: 'station',
    tls: true,
    certificate: null,
  });
  draft.set('pbx.secret', 'Gh7');
  assert.equal(draft.toSend().pbx.secret, 'Gh7');
});

test('a secret is never kept in the browser', () => {
  const draft = new SettingsDraft(answer({}, PBX));
  draft.set('pbx.secret', 'Gh7');
  draft.set('pbx.host', 'other.example');
  assert.deepEqual(draft.toKeep(), { settings: {}, pbx: { host: 'other.example' } });
  assert.deepEqual(new SettingsDraft(answer({}, PBX), draft.toKeep()).paths(), ['pbx.host']);
});

test('somebody who sees no settings has an empty document', () => {
  assert.deepEqual(new SettingsDraft({ settings: null, pbx: null }).toSend(), { settings: {} });
});

test('a setting of a later service is not offered by an older one', () => {
  const draft = new SettingsDraft(answer());
  assert.equal(draft.isKnown('settings.dial.prefix'), true);
  assert.equal(draft.isKnown('settings.dial.colour'), false);
  assert.equal(draft.isKnown('settings.announce_without_stream'), false);
});

test('the order of keys is no difference', () => {
  assert.equal(same({ a: 1, b: [{ c: 1, d: 2 }] }, { b: [{ d: 2, c: 1 }], a: 1 }), true);
  assert.equal(same([1, 2], [2, 1]), false);
});

// Errors at their fields

const SENT = { settings: { employees: [{ user_id: 9001 }, { user_id: 9002 }], stages_by_did: { '+7 495.1': {} } } };

test('an error stands at the field with the longest path', () => {
  const paths = new Map([
    ['settings.employees.#9002', 1],
    ['settings.employees.#9002.extensions', 1],
    ['settings.stages_by_did', 1],
  ]).keys();
  const { at, elsewhere } = placeErrors(
    [
      { field: 'settings.employees.1.extensions.2', message: 'bad' },
      { field: 'settings.employees.1.user_id', message: 'gone' },
      { field: 'settings.stages_by_did.+7 495.1.pipeline_id', message: 'none' },
      { field: 'settings.colour', message: 'unknown' },
    ],
    paths,
    SENT,
  );
  assert.deepEqual(Object.fromEntries(at), {
    'settings.employees.#9002.extensions': [{ message: 'bad', rest: '2' }],
    'settings.employees.#9002': [{ message: 'gone', rest: 'user_id' }],
    'settings.stages_by_did': [{ message: 'none', rest: '+7 495.1.pipeline_id' }],
  });
  assert.deepEqual(elsewhere, ['settings.colour: unknown']);
});

test('a field whose name begins like another one is not it', () => {
  const { elsewhere } = placeErrors([{ field: 'pbx.hostname', message: 'no' }], ['pbx.host'], SENT);
  assert.equal(elsewhere.length, 1);
});

test('an error of a row is the row of its person, wherever he stands', () => {
  assert.equal(byUser('settings.employees.0.mobiles.1', SENT), 'settings.employees.#9001.mobiles.1');
  assert.equal(byUser('settings.employees.7.mobiles', SENT), 'settings.employees.7.mobiles');
  assert.equal(byUser('settings.employees', SENT), 'settings.employees');
});

// Employees

const USERS = [
  { id: 1, name: 'Анна Петрова', is_active: true },
  { id: 2, name: 'Борис Щукин', is_active: true },
  { id: 3, name: 'Вера Ушла', is_active: false },
];

test('a row for each active user, and for who is mapped and gone', () => {
  const found = employeeRows(USERS, [
    { user_id: 3, extensions: ['103'], mobiles: [] },
    { user_id: 77, extensions: [], mobiles: ['+7'] },
  ]);
  assert.deepEqual(
    found.map((each) => [each.name, each.isActive]),
    [
      ['Анна Петрова', true],
      ['Борис Щукин', true],
      ['Вера Ушла', false],
      ['77', false],
    ],
  );
  assert.deepEqual([found[0].extensions, found[2].extensions], [[], ['103']]);
});

test('an entry appears with its first word and goes with its last; what it says besides stays', () => {
  const one = withEmployee([], 1, { extensions: ['101'] });
  assert.deepEqual(one, [{ user_id: 1, extensions: ['101'], mobiles: [], stage: null }]);
  assert.deepEqual(withEmployee(one, 1, { extensions: [] }), []);
  assert.deepEqual(withEmployee([], 1, { mobiles: [] }), []);
  const kept = withEmployee([{ user_id: 1, extensions: ['101'], mobiles: [], stage: null, colour: 'red' }], 1, {
    mobiles: ['+7'],
  });
  assert.equal(kept[0].colour, 'red');
});

test('extensions of nobody, in the order of numbers, with their namesakes', () => {
  const endpoints = [
    { name: '1001', side: 'extension', extension: '1001', state: 'free' },
    { name: '101', side: 'extension', extension: '101', state: 'free' },
    { name: 'shchukin', side: 'extension', extension: 'shchukin', state: 'talking' },
    { name: 'provider', side: 'trunk', extension: null, state: 'free' },
  ];
  const free = unassignedExtensions(endpoints, ['205'], [{ user_id: 1, extensions: ['101'] }], USERS);
  assert.deepEqual(
    free.map((each) => [each.extension, each.state, each.user?.id]),
    [
      ['205', null, undefined],
      ['1001', 'free', undefined],
      ['shchukin', 'talking', 2],
    ],
  );
});

test('a name that fits two is nobody obvious', () => {
  assert.equal(namesake('petrova', [...USERS, { id: 4, name: 'Ольга Петрова', is_active: true }]), null);
  assert.equal(namesake('SIP-petrova', USERS).id, 1);
  assert.equal(namesake('anna', USERS).id, 1);
  assert.equal(namesake('101', USERS), null);
});

// Other parts

test('rows without a number or a stage are not told; of doubles the first counts', () => {
  const stage = { pipeline_id: 1, status_id: null };
  const other = { pipeline_id: 2, status_id: null };
  assert.deepEqual(
    stagesOf([
      { did: '', stage },
      { did: '1', stage },
      { did: '1', stage: other },
      { did: '2', stage: null },
    ]),
    { 1: stage },
  );
});

test("a company's id is read out of its address", () => {
  assert.equal(companyId('https://acme.amocrm.ru/companies/detail/123?tab=1'), 123);
  assert.equal(companyId('/companies/detail/9/'), 9);
  assert.equal(companyId('42'), 42);
  assert.equal(companyId('ООО Ромашка'), 'ООО Ромашка');
});

test('stages that no lead is made in are not offered', () => {
  const stage = (status_id, more) => ({
    pipeline_id: 5,
    pipeline: 'Продажи',
    status_id,
    name: `этап ${status_id}`,
    is_unsorted: false,
    ...more,
  });
  const options = stageOptions([stage(1, { is_unsorted: true }), stage(2), stage(142), stage(143)], 'нет', 'первый');
  assert.deepEqual(
    options.map((each) => each.value),
    [null, { pipeline_id: 5, status_id: null }, { pipeline_id: 5, status_id: 2 }],
  );
  const two = stageOptions([stage(2), { ...stage(3), pipeline_id: 6, pipeline: 'Сервис' }], 'нет', 'первый');
  assert.deepEqual(
    two.map((each) => each.label),
    ['нет', 'Продажи: первый', 'Продажи: этап 2', 'Сервис: первый', 'Сервис: этап 3'],
  );
});

test('a secret made for the lines is known, the place of a stored one is none', () => {
  assert.deepEqual(credentials('[station]\nsecret = x-_Y1\npermit = …'), { username: 'station', secret: 'x-_Y1' });
  assert.deepEqual(credentials('[ami]\nsecret = THE-STORED-SECRET\n'), { username: 'ami', secret: null });
});

test('the checklist names what is left and where it is done', () => {
  const left = (given) =>
    checklist(given)
      .filter((each) => each.state !== 'ok')
      .map((each) => each.key);
  assert.deepEqual(left(answer()), ['pbx', 'line', 'extensions', 'default_employee', 'missed_to']);
  const done = { employees: [{ user_id: 1, extensions: ['101'] }], default_employee: 1, missed_to: [1] };
  assert.deepEqual(left(answer(done, PBX)), []);
  assert.deepEqual(left(answer(done, { ...PBX, link: 'refused' })), ['line']);
});
