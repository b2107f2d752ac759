import assert from 'node:assert/strict';
import test from 'node:test';
import { callItem } from '../../src/card/call-item.js';
import { createMissed } from '../../src/card/missed-calls.js';
import { createPanel } from '../../src/card/panel.js';
import { openPage, settle } from '../kit/page.mjs';

const NUMBER = '+79161234567';
const CLIENT = { number: NUMBER, phone: '+7 916 123-45-67' };
const ANSWERED = { call: 'a', direction: 'inbound', result: 'answered', at: 1e9, duration: 65, ...CLIENT, recording: '/r/x.mp3', recording_state: 'ready', employees: [{ name: 'Анна', seconds: 40 }, { name: 'Борис', seconds: 25 }] };
const MISSED = { call: 'm', direction: 'inbound', result: 'missed', at: 1e9 + 9, ...CLIENT, is_open_missed: true, name: '<b>Пётр</b>', lead: { id: 5, name: 'Окна' } };
const TOLD = { phones: [{ number: NUMBER, spoken: CLIENT.phone }], calls: [MISSED, ANSWERED], missed: [MISSED] };

function streamOf(missed = []) {
  const listeners = new Set();
  return {
    state: { missed },
    on: (listener) => (listeners.add(listener), () => listeners.delete(listener)),
    tell(event, state = this.state) {
      listeners.forEach((listener) => listener(state, event));
    },
    listeners,
  };
}

function phoneOf() {
  const called = [];
  return { called, call: (number) => called.push(number) };
}

async function panelOn(options) {
  const page = openPage({ answers: () => TOLD, ...options });
  const parts = { stream: streamOf(), phone: phoneOf(), missed: { opened: 0, open: () => (parts.missed.opened += 1) } };
  const panel = createPanel(page.amo, parts.stream, parts.phone, parts.missed);
  panel.show();
  await settle();
  await settle();
  return Object.assign(page, parts, { panel, text: () => document.querySelector('.ps-panel')?.textContent });
}

test('what keeps calls from this person\'s screen is told in the card, and only that', async () => {
  const { stream } = await panelOn();
  const said = (me) => {
    stream.tell({ kind: 'me' }, { missed: [], me });
    const notice = document.querySelector('.ps-panel-notice');
    return notice.hidden ? '' : notice.textContent;
  };
  assert.match(said({ link: 'down', phone: 'unknown' }), /Нет связи с АТС/);
  assert.match(said({ link: 'up', phone: 'unreachable' }), /Ваш телефон не подключён/);
  for (const me of [{ link: 'up', phone: 'free' }, { link: 'never', phone: 'unknown' }, null]) assert.equal(said(me), '');
});

/** jsdom plays nothing; gives how often it was asked to. */
function playable({ window }) {
  let played = 0;
  window.HTMLMediaElement.prototype.play = () => Promise.resolve((played += 1));
  return () => played;
}

const button = (place, text) => [...place.querySelectorAll('button')].find((each) => each.textContent.includes(text));

test('the panel shows numbers, open missed calls, last calls with who talked', async () => {
  const { text, asked } = await panelOn();
  assert.match(asked[0].url, /\/api\/card\?entity=leads&id=12&lang=ru$/);
  for (const part of [CLIENT.phone, 'ещё не перезвонили', 'Входящий, 1:05', 'Анна 0:40 → Борис 0:25']) assert.ok(text().includes(part), part);
});

test('each number and each call can be called, the list of all missed calls opened', async () => {
  const { phone, missed } = await panelOn();
  const panel = document.querySelector('.ps-panel');
  button(panel, CLIENT.phone).click();
  button(panel, 'Перезвонить').click();
  button(panel, 'Все пропущенные').click();
  assert.deepEqual([phone.called, missed.opened], [[NUMBER, NUMBER], 1]);
});

test('a call of this client that ends is news; old ones told again are none', async () => {
  const { stream, asked } = await panelOn();
  const popup = (call, state, number = NUMBER) => ({ kind: 'popup', data: { call, state, details: { number } } });
  for (const event of [popup('a', 'ended'), popup('z', 'talking'), popup('z', 'ended', '+7000'), { kind: 'beat' }]) stream.tell(event);
  assert.equal(asked.length, 1);
  stream.tell(popup('z', 'ended'));
  await settle();
  assert.equal(asked.length, 2);
});

test('another card is asked for anew, the same one at once is not', async () => {
  const page = await panelOn();
  page.card = { id: 13 };
  page.jQuery(document).trigger('page:changed');
  page.jQuery(document).trigger('page:changed');
  await settle();
  assert.deepEqual(page.asked.map(({ url }) => new URL(url).searchParams.get('id')), ['12', '13']);
  page.card = null;
  page.jQuery(document).trigger('page:changed');
  assert.equal(page.asked.length, 2);
});

test('a late answer of a card that was left is not drawn', async () => {
  const page = openPage({ answers: ({ url }) => ({ ...TOLD, phones: [{ number: '1', spoken: url.includes('id=12') ? 'старая' : 'новая' }] }) });
  const panel = createPanel(page.amo, streamOf(), phoneOf(), {});
  panel.show();
  page.card = { id: 13 };
  panel.show();
  await settle();
  await settle();
  const text = document.querySelector('.ps-panel').textContent;
  assert.ok(text.includes('новая') && !text.includes('старая'));
});

test('a refusal is told with a way to try again', async () => {
  let isDown = true;
  const { text } = await panelOn({ answers: () => { if (isDown) throw { status: 503, error: 'later', message: 'Попробуйте позже' }; return TOLD; } });
  assert.ok(text().includes('Попробуйте позже'));
  isDown = false;
  button(document.querySelector('.ps-panel'), 'Повторить').click();
  await settle();
  await settle();
  assert.ok(text().includes('Последние звонки'));
});

test('a client without a number, a hidden caller, a failed attempt', () => {
  const { amo } = openPage({ language: 'en' });
  const text = (call) => callItem(amo, { at: 1e9, ...call }, { onCallBack() {}, withClient: true }).textContent;
  assert.ok(text({ direction: 'inbound', result: 'missed' }).includes('Hidden number'));
  assert.ok(!text({ direction: 'inbound', result: 'missed' }).includes('Call back'));
  assert.ok(text({ direction: 'outbound', result: 'failed', reason: 'no-such-number', ...CLIENT }).includes('No such number'));
  assert.ok(text({ direction: 'outbound', ...CLIENT }).includes('In progress'));
});

test('a recording becomes a player when it is asked for', () => {
  const { amo, dom } = openPage();
  const played = playable(dom);
  const item = callItem(amo, ANSWERED, { onCallBack() {} });
  assert.equal(item.querySelector('audio'), null);
  assert.match(button(item, 'Слушать').getAttribute('aria-label'), /^Слушать, \+7 916 123-45-67, /);
  button(item, 'Слушать').click();
  const sound = item.querySelector('audio');
  assert.equal(sound.src, 'https://station.example.com/r/x.mp3');
  assert.deepEqual([sound.hasAttribute('controls'), sound.hasAttribute('autoplay'), played()], [true, false, 1]);
});

test('a recording that is not there yet is told so, and can be asked for again', () => {
  const { amo, dom } = openPage();
  playable(dom);
  const item = callItem(amo, { ...MISSED, recording: '/r/m.mp3', recording_state: 'waiting' }, { onCallBack() {} });
  document.body.append(item);
  assert.ok(item.textContent.includes('Запись ещё готовится'));
  button(item, 'Слушать').click();
  assert.ok(!item.textContent.includes('Запись ещё готовится'));
  item.querySelector('audio').dispatchEvent(new Event('error'));
  assert.ok(item.textContent.includes('Запись ещё готовится'));
  button(item, 'Слушать').click();
  assert.ok(item.querySelector('audio'));
});

test('where no recording will come there is no button, and the reason is text', () => {
  const { amo } = openPage();
  const text = (more) => callItem(amo, { ...ANSWERED, ...more }, { onCallBack() {} }).textContent;
  assert.ok(text({ recording_state: 'failed', recording_why: '<b>нет</b>' }).includes('Записи нет: <b>нет</b>'));
  for (const more of [{ recording_state: 'failed' }, { recording_state: undefined }, { recording: undefined }]) assert.ok(!text(more).includes('Слушать'));
});

test('missed calls: a button with their number, a list, gone when all are called back', () => {
  const page = openPage();
  const stream = streamOf([MISSED]);
  const phone = phoneOf();
  const missed = createMissed(page.amo, stream, phone);
  const place = document.querySelector('.ps-missed-place');
  const list = place.querySelector('[role=dialog]');
  assert.deepEqual([place.hidden, list.hidden, place.querySelector('.ps-badge').textContent], [false, true, '1']);
  missed.open();
  assert.ok(list.textContent.includes('<b>Пётр</b>'));
  assert.equal(list.querySelector('a').getAttribute('href'), '/leads/detail/5');
  button(list, 'Перезвонить').click();
  assert.deepEqual(phone.called, [NUMBER]);
  stream.tell({ kind: 'missed' }, { missed: [] });
  assert.ok(list.textContent.includes('Пропущенных нет'));
  document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
  assert.deepEqual([list.hidden, place.hidden], [true, true]);
});

test('Escape gives the focus back to the button', () => {
  const { amo } = openPage();
  const missed = createMissed(amo, streamOf([MISSED]), phoneOf());
  missed.open();
  assert.ok(document.querySelector('.ps-missed').contains(document.activeElement));
  document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
  assert.ok(document.activeElement.classList.contains('ps-missed-button'));
});

test('turned off, nothing of it is left on the page', async () => {
  const { amo, stream } = await panelOn();
  createMissed(amo, stream, phoneOf());
  amo.turnOff();
  assert.deepEqual([document.querySelector('.ps-missed-place'), stream.listeners.size], [null, 0]);
});
