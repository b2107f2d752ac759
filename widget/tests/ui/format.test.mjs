import assert from 'node:assert/strict';
import test from 'node:test';
import { clock, date, duration, moment, money, number, plural } from '../../src/ui/format.js';

const at = (...parts) => new Date(...parts).getTime() / 1000;
const NOW = at(2026, 4, 13, 12, 0);
const plain = (text) => text.replace(/\s/g, ' ');

test('durations', () => {
  assert.deepEqual([0, 5, 65, 599.9, 3725, -3].map(duration), ['0:00', '0:05', '1:05', '9:59', '1:02:05', '0:00']);
});

test('moments: today the clock, yesterday by its name, then the day, then the year', () => {
  assert.equal(clock('ru', at(2026, 4, 13, 0, 7)), '00:07');
  assert.equal(moment('ru', at(2026, 4, 13, 0, 1), NOW), '00:01');
  assert.equal(moment('ru', at(2026, 4, 12, 23, 59), NOW), 'вчера, 23:59');
  assert.equal(moment('en-GB', at(2026, 4, 12, 9, 5), NOW), 'yesterday, 09:05');
  assert.equal(moment('ru', at(2026, 4, 11, 9, 5), NOW), '11 мая, 09:05');
  assert.equal(moment('en-GB', at(2026, 4, 11, 9, 5), NOW), '11 May, 09:05');
  assert.equal(plain(date('ru', at(2025, 11, 31, 9, 5), NOW)), '31 декабря 2025 г.');
});

test('money and numbers', () => {
  assert.equal(plain(money('ru', 125000.4, 'RUB')), '125 000 ₽');
  assert.equal(plain(money('en', 1250, 'USD')), '$1,250');
  assert.equal(plain(money('ru', 1250)), '1 250');
  assert.equal(number('en', 12345), '12,345');
});

test('plural forms', () => {
  assert.deepEqual([1, 2, 5, 11, 21].map((count) => plural('ru', count)), ['one', 'few', 'many', 'many', 'one']);
  assert.deepEqual([0, 1, 2].map((count) => plural('en', count)), ['many', 'one', 'many']);
});
