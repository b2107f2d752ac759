import assert from 'node:assert/strict';
import test, { afterEach } from 'node:test';
import { leaveAll, openCorner, settled } from '../kit/corner.mjs';

const NUMBER = '+7 903 555-12-12';
const states = ({ all }) => all('.ps-popup').map((node) => node.dataset.state);
const given = () => ({ call: 'a', state: 'calling' });

afterEach(leaveAll);

test('a click in amoCRM\'s phone menu rings at once, one popup all the way', async () => {
  const corner = openCorner({ answers: given });
  corner.actions.phone({ value: NUMBER });
  assert.deepEqual(states(corner), ['calling']);
  await settled();
  assert.deepEqual(states(corner), ['calling']);
  corner.show('a', 'dialling', { direction: 'outbound', phone: NUMBER });
  assert.deepEqual(states(corner), ['dialling']);
  assert.deepEqual(corner.bodies('/api/calls').map(({ phone }) => phone), [NUMBER]);
});

test('the stream may be faster than the answer', async () => {
  const corner = openCorner({ answers: given });
  corner.actions.phone({ value: NUMBER });
  corner.show('a', 'calling', { direction: 'outbound', phone: NUMBER, name: 'Анна' });
  assert.deepEqual(states(corner), ['calling']);
  corner.show('a', 'closed');
  await settled();
  assert.deepEqual(states(corner), []);
});

test('a double click makes one call, and so does a click while one is being made', async () => {
  const corner = openCorner({ answers: given });
  corner.actions.phone({ value: NUMBER });
  corner.actions.phone({ value: NUMBER });
  await settled();
  corner.show('a', 'dialling', { direction: 'outbound', phone: NUMBER });
  corner.phone.call('+7 916 000-00-00');
  await settled();
  assert.equal(corner.bodies('/api/calls').length, 1);
  assert.ok(corner.find('.ps-popup-nudged'));
});

test('a double click whose first half was refused at once makes one call, too', async () => {
  const answers = () => {
    throw { status: 422, error: 'number_not_allowed', message: 'На этот номер звонить нельзя' };
  };
  const corner = openCorner({ answers });
  corner.phone.call(NUMBER);
  await settled();
  corner.phone.call(NUMBER);
  await settled();
  assert.equal(corner.bodies('/api/calls').length, 1);
});

test('what went wrong is told in words, with what to do', async () => {
  const answers = () => {
    throw { status: 409, error: 'no_extension', message: 'Для вас не указан внутренний номер' };
  };
  const corner = openCorner({ answers });
  corner.phone.call(NUMBER);
  await settled();
  assert.deepEqual(states(corner), ['failed']);
  assert.match(corner.text(), /Для вас не указан внутренний номер\. Попросите администратора/);
  await corner.press('Закрыть');
  assert.deepEqual(states(corner), []);
  assert.equal(corner.bodies('/close').length, 0, 'the backend knows nothing of it');
});

test('after an unclear end "call again" is the same request', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1e12 });
  const corner = openCorner({ answers: () => { throw { status: 0 }; } });
  corner.phone.call(NUMBER);
  await settled();
  assert.match(corner.text(), /Нет связи с сервером/);
  t.mock.timers.tick(2000);
  await corner.press('Позвонить ещё раз');
  const [one, two] = corner.bodies('/api/calls').map(({ request }) => request);
  assert.equal(one, two);
  assert.equal(corner.all('.ps-popup').length, 1);
});

test('a missed call is called back from its popup', async () => {
  const corner = openCorner({ answers: given });
  corner.show('m', 'missed', { phone: NUMBER, number: '+79035551212' });
  await corner.press('Перезвонить');
  assert.deepEqual(corner.bodies('/api/calls').map(({ phone }) => phone), ['+79035551212']);
});

test('the reason of a failed call is told', () => {
  const corner = openCorner();
  corner.show('a', 'failed', { direction: 'outbound', phone: NUMBER, reason: 'own-no-answer' });
  assert.match(corner.text(), /Вы не сняли трубку/);
});
