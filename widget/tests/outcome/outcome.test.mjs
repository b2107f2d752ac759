import assert from 'node:assert/strict';
import test, { afterEach } from 'node:test';
import { createOutcome } from '../../src/outcome/outcome-form.js';
import { createDrafts, outcomeOf } from '../../src/outcome/outcome-drafts.js';
import { taskTimes, timeOfField, fieldOfTime } from '../../src/outcome/task-times.js';
import { leaveAll, openCorner, settled } from '../kit/corner.mjs';

const ENDED = { phone: '+7 903 555-12-12', is_new: true, answered_at: Date.now() / 1000 - 10, duration: 10 };
const KEY = 'phone-station:draft:31:7:a';
const draft = () => JSON.parse(localStorage.getItem(KEY));
const refuse = (refusal) => () => {
  throw refusal;
};

afterEach(leaveAll);

test('the outcome is saved: a result, a note, a task, a name', async () => {
  const { show, press, type, find, bodies } = openCorner();
  show('a', 'ended', ENDED);
  await press('Договорились');
  type('textarea', '  Ждёт счёт ');
  await press('Завтра утром');
  type('[aria-label="Имя нового клиента"]', 'Ольга');
  find('form').requestSubmit();
  await settled();
  const [{ request, ...outcome }] = bodies('/api/popups/a/outcome');
  assert.ok(request);
  assert.equal(new Date(outcome.task.due * 1000).getHours(), 10);
  assert.deepEqual(outcome, { result: 'Договорились', note: 'Ждёт счёт', task: { text: 'Связаться с клиентом', due: outcome.task.due }, name: 'Ольга' });
  assert.equal(localStorage.getItem(KEY), null);
  assert.equal(find('.ps-outcome-saved').textContent, 'Итог сохранён');
});

test('the form comes as soon as it is loaded; until then all else works', async () => {
  const { show, all, find, popups, escape, bodies } = openCorner({ hasOutcome: false });
  show('a', 'ended', ENDED);
  assert.equal(find('form'), null);
  popups.useOutcome(createOutcome);
  assert.equal(all('form').length, 1);
  escape(find('.ps-popup'));
  await settled();
  assert.equal(bodies('/close').length, 1);
});

test('what is typed is kept when the page is closed, by account, user and call', () => {
  const page = openCorner();
  page.show('a', 'talking', { ...ENDED });
  page.type('textarea', 'Просит скидку');
  const kept = { [KEY]: localStorage.getItem(KEY) };
  const again = openCorner({ kept });
  again.show('a', 'ended', ENDED);
  again.show('b', 'ended', ENDED);
  assert.deepEqual([...document.querySelectorAll('textarea')].map(({ value }) => value), ['Просит скидку', '']);
  assert.equal(createDrafts({ account: { id: 32 }, user: { id: 7 } }, localStorage).fields('a').note, undefined);
});

test('wrong fields are told beside them; what was typed stays', async () => {
  const answers = refuse({ status: 422, error: 'invalid', message: 'Проверьте поля', fields: [{ field: 'task.due', message: 'Уже прошло' }, { field: 'name', message: 'Слишком длинно' }, { field: 'odd', message: 'Странно' }] });
  const { show, type, press, find, all } = openCorner({ answers });
  show('a', 'ended', ENDED);
  type('textarea', 'Текст');
  await press('Завтра утром');
  find('form').requestSubmit();
  await settled();
  assert.deepEqual(all('.ps-error').map((node) => node.textContent).filter(Boolean), ['Уже прошло', 'Слишком длинно', 'Проверьте поля. Странно']);
  assert.equal(draft().fields.note, 'Текст');
  assert.equal(find('[aria-label="Имя нового клиента"]').getAttribute('aria-invalid'), 'true');
});

test('after an unclear end the same words go with the same request, others with another', async () => {
  const { show, type, find, bodies } = openCorner({ answers: refuse({ status: 0 }) });
  const send = async (note) => {
    type('textarea', note);
    find('form').requestSubmit();
    await settled();
  };
  show('a', 'ended', ENDED);
  await send('Одно');
  await send('Одно');
  await send('Другое');
  const [one, two, three] = bodies('/outcome').map(({ request }) => request);
  assert.equal(one, two);
  assert.notEqual(two, three);
});

test('Escape skips; a form with something typed asks once before it is lost', async () => {
  const { show, type, escape, find, text, bodies } = openCorner();
  show('a', 'ended', ENDED);
  type('textarea', 'Важное');
  escape(find('textarea'));
  assert.match(text(), /Итог не сохранён/);
  assert.equal(bodies('/close').length, 0);
  escape(find('textarea'));
  await settled();
  assert.equal(bodies('/close').length, 1);
  assert.equal(localStorage.getItem(KEY), null);
});

test('the number is given to an existing contact', async () => {
  const answers = ({ url }) => (url.includes('/api/contacts') ? { contacts: [{ entity: 'contacts', id: 8, name: '<b>Анна</b>' }] } : {});
  const { show, press, type, find, bodies, asked } = openCorner({ answers });
  show('a', 'ended', ENDED);
  await press('существующему контакту');
  type('[aria-label="Имя или номер контакта"]', 'Анн');
  await press('Найти');
  assert.match(asked[0].url, /query=%D0%90%D0%BD%D0%BD/);
  await press('<b>Анна</b>');
  assert.equal(find('.ps-chosen').textContent, '<b>Анна</b>');
  find('form').requestSubmit();
  await settled();
  assert.equal(bodies('/outcome')[0].contact, 8);
});

test('contacts are looked for when the typing pauses, not at every key', async (t) => {
  const { show, press, type, asked } = openCorner({ answers: () => ({ contacts: [] }) });
  show('a', 'ended', ENDED);
  await press('существующему контакту');
  t.mock.timers.enable({ apis: ['setTimeout'] });
  for (const typed of ['А', 'Ан', 'Анн', 'Анна']) type('[aria-label="Имя или номер контакта"]', typed);
  t.mock.timers.tick(499);
  assert.equal(asked.length, 0);
  t.mock.timers.tick(1);
  assert.equal(asked.length, 1);
});

test('a known client\'s number asks for no contact', () => {
  const { show, find } = openCorner();
  show('a', 'ended', { ...ENDED, is_new: false });
  assert.ok(find('[aria-label="Чей это номер?"]').hidden);
});

test('only what was filled in is sent', () => {
  assert.deepEqual(outcomeOf({ result: ' ', note: 'x', task: 'без времени', name: 'не нужно', contact: { id: 3 } }, 'Связаться'), { note: 'x', contact: 3 });
});

test('drafts of long ago are forgotten, those of who sat here before too; strangers\' keys are not', () => {
  const { amo } = openCorner();
  const drafts = (now) => createDrafts(amo, localStorage, () => now);
  drafts(1e9).keep('old', { note: 'x' });
  drafts(8e9).keep('new', { note: 'x' });
  localStorage.setItem('phone-station:draft:31:7:broken', '{');
  createDrafts({ account: { id: 31 }, user: { id: 8 } }, localStorage, () => 1e9).keep('left', { note: 'x' });
  createDrafts({ account: { id: 31 }, user: { id: 8 } }, localStorage, () => 8e9).keep('fresh', { note: 'x' });
  localStorage.setItem('another', '1');
  drafts(8e9).forgetOld();
  assert.deepEqual(Object.keys(localStorage).sort(), ['another', 'phone-station:draft:31:7:new', 'phone-station:draft:31:8:fresh']);
});

test('a full storage does not stop the typing', () => {
  const full = { getItem: () => null, setItem: () => { throw Object.assign(new Error(), { name: 'QuotaExceededError' }); } };
  createDrafts({ account: {}, user: {} }, full).keep('a', { note: 'x' });
});

test('a follow-up is due this evening, tomorrow morning, or when a field says', () => {
  const at = (hour, minute = 0) => new Date(2026, 4, 31, hour, minute).getTime() / 1000;
  const hours = (now) => taskTimes(now).map(([name, due]) => [name, new Date(due * 1000).getDate(), new Date(due * 1000).getHours()]);
  assert.deepEqual(hours(at(12)), [['evening', 31, 18], ['tomorrow', 1, 10]]);
  assert.deepEqual(hours(at(17, 45)), [['tomorrow', 1, 10]]);
  assert.equal(timeOfField(fieldOfTime(at(9, 5))), at(9, 5));
  assert.deepEqual([timeOfField(''), timeOfField('soon')], [null, null]);
});
