import assert from 'node:assert/strict';
import test from 'node:test';
import { EMPTY, openPopups, reduce } from '../../src/stream/state.js';

const told = (...events) => events.reduce(reduce, EMPTY);
const popup = (call, state, serial, details = {}) => ({ kind: 'popup', id: String(serial), data: { call, state, serial, details } });
const seen = (state) => openPopups(state).map(({ call, state: its }) => `${call} ${its}`);

test('the newest serial of a popup wins, told twice or out of order', () => {
  const state = told(popup('a', 'ringing', 1), popup('a', 'talking', 3), popup('a', 'ringing', 2), popup('a', 'talking', 3));
  assert.deepEqual(seen(state), ['a talking']);
  assert.equal(reduce(state, popup('a', 'talking', 3)).popups, state.popups);
});

test('a closed popup is not opened again by an older row', () => {
  assert.deepEqual(seen(told(popup('a', 'closed', 2), popup('a', 'ringing', 1))), []);
});

test('the reader is where the last event with an id was', () => {
  assert.equal(told(popup('a', 'ringing', 4), { kind: 'popup', id: '', data: { call: 'b', state: 'ringing', serial: 5, details: {} } }).last, '4');
});

test('live calls come before those that are over, newer before older', () => {
  const at = (when) => ({ at: when });
  const state = told(popup('old', 'missed', 1, at(10)), popup('new', 'ended', 2, at(20)), popup('live', 'talking', 3, at(5)), popup('rings', 'ringing', 4, at(30)));
  assert.deepEqual(seen(state), ['rings ringing', 'live talking', 'new ended', 'old missed']);
});

test('closed by hand, it is gone at once, comes back when that was refused, and stays gone when it was done', () => {
  const closing = told(popup('a', 'missed', 1), { kind: 'closing', call: 'a' });
  assert.deepEqual(seen(closing), []);
  assert.deepEqual(seen(reduce(closing, { kind: 'kept', call: 'a' })), ['a missed']);
  const closed = reduce(closing, { kind: 'closed', call: 'a' });
  assert.deepEqual([seen(closed), closed.closing], [[], {}]);
  assert.deepEqual(seen(reduce(closed, popup('a', 'talking', 2))), ['a talking'], 'the backend knows better');
});

test('a tab that joins has the leader\'s state, and what it has heard itself', () => {
  const leader = told(popup('a', 'ringing', 1), popup('b', 'missed', 2), { kind: 'connection', connection: 'live' });
  const joined = reduce(told(popup('a', 'talking', 3)), { kind: 'whole', state: leader });
  assert.deepEqual(seen(joined).sort(), ['a talking', 'b missed']);
  assert.deepEqual([joined.last, joined.connection], ['2', 'live']);
});

test('what is kept is bounded: closed popups are forgotten first', () => {
  const many = Array.from({ length: 400 }, (_, index) => popup(`c${index}`, 'closed', index + 2));
  const { popups } = told(popup('open', 'missed', 1), ...many);
  assert.equal(Object.keys(popups).length, 300);
  assert.ok(popups.open && popups.c399 && !popups.c0);
});

test('an event of another version changes nothing', () => {
  assert.equal(reduce(EMPTY, { kind: 'weather' }), EMPTY);
});
