import assert from 'node:assert/strict';
import test, { afterEach } from 'node:test';
import { matching } from '../../src/dialing/transfer.js';
import { leaveAll, openCorner, settled } from '../kit/corner.mjs';

const LEAD = { id: 12, name: 'Окна', price: 125000, stage: 'Переговоры' };
const ANNA = { name: 'Анна Петрова', company: 'ООО Ромашка', phone: '+7 916 123-45-67', number: '+79161234567', party: { entity: 'contacts', id: 5 }, lead: LEAD, responsible: { id: 9, name: 'Мария' }, calls: { total: 5, last: 1e9 } };
const now = () => Date.now() / 1000;

afterEach(leaveAll);

test('who rings is told: name, company, number, lead with stage and price, responsible, earlier calls', () => {
  const { show, text, find } = openCorner();
  show('a', 'ringing', ANNA);
  for (const part of ['Входящий звонок', 'Анна Петрова', 'ООО Ромашка', '+7 916 123-45-67', 'Окна', '125 000', 'Переговоры', 'Мария', '5 звонков раньше']) assert.ok(text().replaceAll(/\s/g, ' ').includes(part), part);
  assert.equal(find('.ps-popup-lead a').getAttribute('href'), '/leads/detail/12');
  assert.equal(find('.ps-popup-name a').getAttribute('href'), '/contacts/detail/5');
});

test('a new client, a hidden number, a call that was passed on', () => {
  const { show, text } = openCorner();
  show('a', 'ringing', { is_new: true, phone: '+7 903 555-12-12' });
  assert.match(text(), /Новый клиент/);
  show('b', 'ringing', {});
  assert.match(text(), /Номер скрыт/);
  show('c', 'ringing', { ...ANNA, passed_by: { name: 'Олег' } });
  assert.match(text(), /Перевод от: Олег/);
  show('d', 'dialling', { ...ANNA, request: { site: 'shop.example', comment: 'про доставку' } });
  assert.match(text(), /Заявка с сайта: shop\.example · про доставку/);
});

test('several clients have the number: the others are offered, and one is chosen', async () => {
  const { show, text, press, asked } = openCorner();
  show('a', 'talking', { ...ANNA, others: [{ entity: 'contacts', id: 7, name: 'Мария', company: 'ИП' }, { entity: 'companies', id: 8, name: '' }] });
  assert.match(text(), /Этот номер есть и в других карточках/);
  await press('Мария');
  const [{ url, body }] = asked.filter((each) => each.url.includes('/client'));
  assert.equal(new URL(url).pathname, '/api/popups/a/client');
  assert.deepEqual(body, { entity: 'contacts', id: 7 });
  show('a', 'talking', { ...ANNA, others: [] });
  assert.doesNotMatch(text(), /других карточках/);
});

test('one popup per call goes through the states of its call; the link comes when the lead is there', () => {
  const { show, all, text, find } = openCorner();
  show('a', 'ringing', {});
  show('a', 'talking', { answered_at: now() - 65 });
  assert.equal(all('.ps-popup').length, 1);
  assert.match(find('.ps-popup-timer').textContent, /^1:0[56]$/);
  assert.equal(find('.ps-popup-lead'), null);
  show('a', 'talking', { answered_at: now() - 65, lead: LEAD });
  assert.ok(find('.ps-popup-lead'));
  show('a', 'ended', { answered_at: now() - 65, duration: 65 });
  assert.match(text(), /Разговор окончен1:05/);
  show('a', 'closed');
  assert.equal(all('.ps-popup').length, 0);
});

test('a talk\'s timer runs by the backend\'s clock', () => {
  const { show, tell, find } = openCorner();
  tell('ticket', { ticket: null, skew: 3600 });
  show('a', 'talking', { answered_at: now() - 3600 - 65 });
  assert.match(find('.ps-popup-timer').textContent, /^1:0[56]$/);
});

test('names are text, whatever is in them, and not endless', () => {
  const { show, find, all } = openCorner();
  const evil = '<img src=x onerror=alert(1)>';
  show('a', 'ringing', { name: evil + 'я'.repeat(10000), company: evil, phone: evil, lead: { ...LEAD, name: evil, stage: evil }, responsible: { name: evil }, passed_by: { name: '‮лево' }, did: evil });
  assert.equal(all('img').length, 0);
  assert.ok(find('.ps-popup-name').textContent.startsWith(evil));
  assert.ok(find('.ps-popups').textContent.length < 1500);
  assert.ok(all('.ps-popup bdi').length >= 7);
});

test('at most four are in view, the others are counted', async () => {
  const { show, all, button, press } = openCorner();
  'abcdefg'.split('').forEach((call) => show(call, 'missed', ANNA));
  assert.equal(all('.ps-popup').length, 4);
  await press('Ещё 3 звонка');
  assert.equal(all('.ps-popup').length, 7);
  assert.ok(button('Свернуть'));
});

test('a live call is open, those that are over are folded until one is chosen', () => {
  const { show, all, button } = openCorner();
  show('over', 'ended', { ...ANNA, answered_at: now(), duration: 5 });
  assert.equal(all('.ps-popup-body').length, 1);
  show('live', 'ringing', {});
  assert.deepEqual(all('.ps-popup-open .ps-popup-title').map((node) => node.textContent), ['Анна Петрова']);
  button('Анна Петрова').closest('article').focus();
  assert.equal(all('.ps-popup-open').length, 0);
});

test('closed, it is gone at once; the backend\'s refusal brings it back', async () => {
  let refused = true;
  const answers = () => {
    if (refused) throw { status: 503, error: 'later', message: 'Позже' };
    return {};
  };
  const { show, all, press, bodies, stream } = openCorner({ answers });
  show('a b', 'missed', ANNA);
  const pressed = press('Закрыть');
  assert.equal(all('.ps-popup').length, 0);
  await pressed;
  assert.equal(all('.ps-popup').length, 1);
  refused = false;
  await press('Закрыть');
  assert.equal(bodies('/api/popups/a%20b/close').length, 2);
  assert.equal(stream.state.popups['a b'].state, 'closed');
});

test('Escape leaves the popup that is over and has the focus; with the focus nowhere, the newest one; never a live one', async () => {
  const { show, all, escape, bodies } = openCorner();
  show('live', 'talking', { answered_at: now() });
  escape();
  await settled();
  assert.equal(bodies('close').length, 0);
  show('over', 'missed', ANNA);
  escape();
  await settled();
  assert.equal(bodies('/over/close').length, 1);
  let heard = 0;
  document.addEventListener('keydown', () => (heard += 1));
  escape(all('.ps-popup')[0]);
  await settled();
  assert.deepEqual([bodies('/live/close').length, heard], [0, 0], 'and the CRM does not hear of it');
  show('late', 'missed', ANNA);
  escape(document.querySelector('.ps-popup[data-state="missed"]'));
  await settled();
  assert.deepEqual([bodies('/late/close').length, heard], [1, 0]);
});

test('a call that ends unfolds, unless the person is busy with another one', () => {
  const { show, all, find } = openCorner();
  const isFolded = () => Object.fromEntries(all('.ps-popup').map((node) => [node.textContent.includes('Анна'), node.querySelector('.ps-popup-body').hidden]));
  show('first', 'ended', { ...ANNA, answered_at: now() });
  find('.ps-popup').dispatchEvent(new Event('pointerdown', { bubbles: true }));
  show('second', 'talking', { name: 'Борис', answered_at: now() });
  show('second', 'ended', { name: 'Борис', answered_at: now() });
  assert.deepEqual(isFolded(), { true: true, false: false });
  find('.ps-popup').focus();
  show('third', 'talking', { name: 'Вера', answered_at: now() });
  show('third', 'ended', { name: 'Вера', answered_at: now() });
  assert.equal(isFolded().true, false);
});

test('a refusal of the stream is told in its own words while a call goes on', () => {
  const { show, tell, all } = openCorner();
  const said = () => all('.ps-popups-offline').map((node) => node.textContent);
  tell('connection', { connection: 'refused', trouble: 'Аккаунт не подключён' });
  assert.deepEqual(said(), []);
  show('a', 'talking', { answered_at: now() });
  assert.deepEqual(said(), ['Аккаунт не подключён']);
  tell('connection', { connection: 'offline', trouble: 'x' });
  assert.deepEqual(said(), ['Нет связи со станцией, восстанавливаем']);
});

test('Escape while somebody types in the CRM is not ours', async () => {
  const { show, escape, bodies } = openCorner();
  show('over', 'missed', ANNA);
  const field = document.body.appendChild(document.createElement('input'));
  field.focus();
  show('new', 'ringing', ANNA);
  assert.equal(document.activeElement, field, 'a popup takes no focus');
  escape(field);
  await settled();
  assert.equal(bodies('close').length, 0);
});

test('what is over and untouched goes by itself, without a request; what was touched, or has a draft, stays', (t) => {
  t.mock.timers.enable({ apis: ['setInterval', 'Date'], now: 1e12 });
  const { show, tell, all, asked } = openCorner();
  const ended = { ...ANNA, answered_at: now() - 60, duration: 60 };
  show('gone', 'ended', ended);
  show('touched', 'ended', ended);
  show('missed', 'missed', ANNA);
  tell('touched', { call: 'touched' });
  t.mock.timers.tick(299000);
  assert.equal(all('.ps-popup').length, 3);
  t.mock.timers.tick(3000);
  assert.equal(all('.ps-popup').length, 2);
  assert.equal(asked.length, 0);
  show('old', 'ended', { answered_at: now() - 4000, duration: 60 });
  assert.equal(all('.ps-popup').length, 2, 'an old one is not shown at all');
});

test('amoCRM is told while there is a talk', () => {
  const { show, told, amo } = openCorner();
  show('a', 'ringing');
  show('a', 'talking', { answered_at: now() });
  show('a', 'ended', { answered_at: now() });
  show('b', 'talking', { answered_at: now() });
  amo.turnOff();
  assert.deepEqual(told, [{ status: true }, { status: false }, { status: true }, { status: false }]);
});

test('a lost connection is told while a call is on', () => {
  const { show, tell, all } = openCorner();
  show('a', 'talking', { answered_at: now() });
  assert.equal(all('.ps-popups-offline').length, 0);
  tell('connection', { connection: 'offline' });
  assert.equal(all('.ps-popups-offline').length, 1);
});

test('new and changed calls are said to readers of the screen', () => {
  const { show, find } = openCorner();
  show('a', 'ringing', ANNA);
  assert.equal(find('[aria-live]').textContent, 'Входящий звонок: Анна Петрова');
  show('a', 'talking', { ...ANNA, answered_at: now() });
  assert.equal(find('[aria-live]').textContent, 'Разговор: Анна Петрова');
});

const OLEG = { user_id: 3, name: 'Олег', extension: '103', state: 'talking' };
const VERA = { user_id: 4, name: 'Вера', extension: '104', state: 'free' };
const AWAY = { user_id: 5, name: 'Антон', extension: '105', state: 'unreachable' };

test('colleagues are found by name or extension, those who can answer first', () => {
  assert.deepEqual(matching([AWAY, OLEG, VERA], '').map(({ name }) => name), ['Вера', 'Олег', 'Антон']);
  assert.deepEqual(matching([AWAY, OLEG, VERA], ' оле').map(({ name }) => name), ['Олег']);
  assert.deepEqual(matching([AWAY, OLEG, VERA], '105').map(({ name }) => name), ['Антон']);
});

test('a talk is passed on, and a colleague asked, joined or left', async () => {
  const { show, tell, press, button, bodies, text } = openCorner();
  const talk = { ...ANNA, answered_at: now() };
  tell('colleagues', { data: { colleagues: [AWAY, OLEG, VERA] } });
  show('a', 'talking', talk);
  await press('Перевести');
  assert.ok(button('Антон').disabled);
  await press('Вера');
  await press('Посоветоваться');
  assert.deepEqual(bodies('/transfer').map(({ to, kind }) => [to, kind]), [[4, 'attended']]);
  show('a', 'talking', { ...talk, transfer: { kind: 'attended', to: VERA, state: 'consulting' } });
  assert.match(text(), /Вы говорите с коллегой: Вера/);
  assert.equal(button('Перевести'), undefined);
  await press('Соединить');
  await press('Вернуться');
  assert.deepEqual([bodies('/transfer/complete').length, bodies('/transfer/cancel').length], [1, 1]);
  show('a', 'talking', { ...talk, transfer: { kind: 'attended', to: VERA, state: 'failed', reason: 'no-answer' } });
  assert.match(text(), /Перевод не удался: Вера.*Нет ответа/);
  assert.ok(button('Перевести'));
});

test('live states change in the open list, and the focus stays', async () => {
  const { show, tell, press, button, text } = openCorner();
  tell('colleagues', { data: { colleagues: [VERA] } });
  show('a', 'talking', { answered_at: now() });
  await press('Перевести');
  button('Вера').focus();
  tell('colleagues', { data: { colleagues: [{ ...VERA, state: 'ringing' }] } });
  assert.match(text(), /звонит телефон/);
  assert.equal(document.activeElement, button('Вера'));
});

test('a command\'s refusal is told in the popup, and it may be tried again', async () => {
  const answers = () => {
    throw { status: 409, error: 'call_over', message: 'Разговор уже окончен' };
  };
  const { show, press, text, button } = openCorner({ answers });
  show('a', 'talking', { answered_at: now() });
  await press('Завершить');
  assert.match(text(), /Разговор уже окончен/);
  assert.equal(button('Завершить').getAttribute('aria-disabled'), null);
});

test('a command whose end is unclear is repeated with the same request, one that was refused with another', async () => {
  let failure = { status: 0 };
  const answers = () => {
    throw failure;
  };
  const { show, press, bodies } = openCorner({ answers });
  show('a', 'talking', { answered_at: now() });
  await press('Завершить');
  failure = { status: 409, error: 'call_over', message: 'Окончен' };
  await press('Завершить');
  await press('Завершить');
  const [one, two, three] = bodies('/hangup').map(({ request }) => request);
  assert.equal(one, two);
  assert.notEqual(two, three);
  assert.match(one, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
