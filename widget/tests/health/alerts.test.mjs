import assert from 'node:assert/strict';
import test, { afterEach } from 'node:test';
import { createAlerts } from '../../src/health/alerts.js';
import { leaveAll, openCorner } from '../kit/corner.mjs';

const ALERT = { kind: 'crm', since: 1795406000, message: { ru: 'amoCRM больше не принимает наше разрешение <img>', en: 'amoCRM no longer accepts our permission <img>' } };
const LINE = { kind: 'link', since: 1795406100, message: { ru: 'АТС не отвечает', en: 'The PBX does not answer' } };

afterEach(leaveAll);

function open(options) {
  const corner = openCorner(options);
  createAlerts(corner.amo, corner.stream);
  const hear = (...alerts) => corner.tell('me', { data: { alerts } });
  return { ...corner, hear, said: () => corner.all('.ps-alert p').map((node) => node.textContent) };
}

test('an administrator is told as text for as long as it lasts, others have none', () => {
  const { hear, said, all, tell } = open();
  assert.deepEqual(said(), []);
  hear(ALERT, LINE);
  assert.deepEqual(said(), [ALERT.message.ru, LINE.message.ru]);
  assert.equal(all('img').length, 0);
  hear(LINE);
  assert.deepEqual(said(), [LINE.message.ru]);
  tell('me', { data: {} });
  assert.deepEqual(said(), []);
});

test('it is told in the reader\'s language', () => {
  const { hear, said } = open({ language: 'en' });
  hear(LINE);
  assert.deepEqual(said(), ['The PBX does not answer']);
});

test('what is closed stays closed, on the next page too, and the next outage is told anew', async () => {
  const { hear, said, press } = open();
  hear(ALERT, LINE);
  await press('Закрыть');
  assert.deepEqual(said(), [LINE.message.ru]);
  await press('Закрыть');
  hear({ ...ALERT }, { ...LINE });
  assert.deepEqual(said(), []);
  hear({ ...LINE, since: 1795409999 });
  assert.deepEqual(said(), [LINE.message.ru]);
  const kept = { ...localStorage };
  leaveAll();
  const next = open({ kept });
  next.hear(ALERT, LINE);
  assert.deepEqual(next.said(), []);
});

test('turned off, nothing is left', () => {
  const { hear, amo, find } = open();
  hear(ALERT);
  amo.turnOff();
  assert.equal(find('.ps-alerts'), null);
});
