import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labels, ofCalls, share, stacked, thinned, totals } from '../../src/admin/overview/series.js';
import { durationInWords } from '../../src/ui/format.js';

const CALLS = [
  { at: 1795392000, inbound: 10, outbound: 4, answered: 11, missed: 2, failed: 1 },
  { at: 1795478400, inbound: 0, outbound: 0, answered: 0, missed: 0, failed: 0 },
];
const say = (key) => key.slice(5);

test('each part of a stack stands on those below it', () => {
  assert.deepEqual(
    stacked([
      [1, 2],
      [10, 0],
      [100, 5],
    ]),
    [
      [1, 2],
      [11, 2],
      [111, 7],
    ],
  );
});

test('every call is in one part of its bar', () => {
  assert.deepEqual(ofCalls(CALLS), { answered: [8, 0], missed: [2, 0], outbound: [4, 0] });
  assert.deepEqual(totals(CALLS), { inbound: 10, outbound: 4, missed: 2, failed: 1, all: 14 });
});

test('periods are named in the zone of the account, not of the browser', () => {
  assert.deepEqual(labels(CALLS, { days: 7, zone: 'Europe/Moscow' }, 'en'), ['Nov 23', 'Nov 24']);
  assert.deepEqual(labels([{ at: 1795392000 }], { days: 7, zone: 'America/New_York' }, 'en'), ['Nov 22']);
  assert.deepEqual(labels([{ at: 1795392000 }], { days: 1, zone: 'Europe/Moscow' }, 'ru'), ['03:00']);
});

test('durations are words that are read at once', () => {
  assert.deepEqual(
    [0, 45, 65, 3725, 7.4].map((each) => durationInWords(each, say)),
    ['0 seconds', '45 seconds', '1 minutes 5 seconds', '1 hours 2 minutes', '7 seconds'],
  );
  assert.equal(durationInWords(null, say), '—');
});

test('a share of nothing is nothing', () => {
  assert.equal(share(1, 3), 33);
  assert.equal(share(0, 0), null);
});

test('as many names as fit', () => {
  assert.deepEqual(thinned(7, 10), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(thinned(90, 10), [0, 9, 18, 27, 36, 45, 54, 63, 72, 81]);
  assert.deepEqual(thinned(3, 0), [0]);
});
