import assert from 'node:assert/strict';
import test from 'node:test';
import { createStream } from '../../src/stream/stream.js';
import { createRetryDelays } from '../../src/stream/retry-delays.js';
import { openBrowser, settled } from '../kit/browser.mjs';

const popup = (call, state, serial) => ({ call, state, serial, details: {} });
const states = (stream) => Object.values(stream.state.popups).map(({ call, state }) => `${call} ${state}`);

const give = ({ browser, exchanges }) => ({ ticket: `t${exchanges.length}`, expires_in: 86400, now: browser.now / 1000 - 5 });

/** A person's browser with tabs; `answer(person)` plays POST /api/stream/ticket, whose times are in `exchanges`. */
function sit({ answer = give, ...options } = {}) {
  const person = { browser: openBrowser(options), exchanges: [] };
  const ask = async () => {
    person.exchanges.push(person.browser.now);
    return answer(person);
  };
  person.open = async (user = 7) => {
    const tab = person.browser.openTab();
    const amo = { backend: 'https://station.example.com', account: { id: 31 }, user: { id: user }, ask, onTurnedOff: (end) => (tab.turnOff = end) };
    const stream = createStream(amo, tab);
    await settled();
    return { tab, stream };
  };
  person.open3 = async () => [await person.open(), await person.open(), await person.open()];
  person.source = () => person.browser.open().at(-1);
  return person;
}

const refuse = (kind, message = '') => () => Promise.reject({ kind, message, fields: [], status: 0 });

test('three tabs open one stream with one ticket and show the same', async () => {
  const person = sit();
  const tabs = await person.open3();
  person.source().say('me', { user_id: 7 });
  person.source().say('popup', popup('a', 'ringing', 1), 1);
  await settled();
  assert.equal(person.browser.sources.length, 1);
  assert.equal(person.exchanges.length, 1);
  for (const { stream } of tabs) assert.deepEqual([states(stream), stream.state.connection, stream.state.skew], [['a ringing'], 'live', 5]);
});

test('a new tab has what the others have, at once', async () => {
  const person = sit();
  await person.open();
  person.source().say('popup', popup('a', 'talking', 4), 4);
  const late = await person.open();
  assert.deepEqual([states(late.stream), late.stream.state.last], [['a talking'], '4']);
});

test('when the leader dies the next one reads on from the same place, with the same ticket', async () => {
  const person = sit();
  const [leader, second] = await person.open3();
  person.source().say('popup', popup('a', 'ringing', 8), 8);
  await settled();
  leader.tab.die();
  await settled();
  assert.equal(person.browser.open().length, 1);
  assert.equal(person.source().url.search, '?ticket=t1&after=8');
  person.source().say('popup', popup('a', 'talking', 9), 9);
  await settled();
  assert.deepEqual(states(second.stream), ['a talking']);
  assert.equal(person.exchanges.length, 1);
});

test('a tab that leads before it was told everything reads from the beginning', async () => {
  const person = sit();
  const leader = await person.open();
  const opening = person.open();
  person.source().say('popup', popup('b', 'ringing', 9), 9);
  leader.tab.die();
  await opening;
  await settled();
  assert.equal(person.source().url.searchParams.get('after'), null);
});

test('without locks every tab has a stream of its own, and still one mind', async () => {
  const person = sit({ hasLocks: false });
  const [one, other] = [await person.open(), await person.open()];
  assert.equal(person.browser.open().length, 2);
  one.stream.share({ kind: 'touched', call: 'a' });
  await settled();
  assert.ok(other.stream.state.touched.a);
});

test('another user of the same browser is another person', async () => {
  const person = sit();
  const [mine, theirs] = [await person.open(7), await person.open(8)];
  person.browser.sources[0].say('popup', popup('a', 'ringing', 1), 1);
  await settled();
  assert.deepEqual([states(mine.stream), states(theirs.stream)], [['a ringing'], []]);
});

test('a lost stream is opened again with growing waits and the last id; a beat makes them short again', async () => {
  const person = sit();
  const { stream } = await person.open();
  const waits = [];
  person.source().say('popup', popup('a', 'ringing', 3), 3);
  for (let lost = 0; lost < 8; lost += 1) {
    person.source().fail();
    const since = person.browser.now;
    while (!person.source()) await person.browser.pass(100);
    waits.push(person.browser.now - since);
  }
  assert.ok(waits[0] <= 1100 && waits[4] > 5000 && Math.max(...waits) <= 30100, String(waits));
  assert.equal(stream.state.connection, 'offline');
  assert.equal(person.source().url.searchParams.get('after'), '3');
  person.source().say('me');
  person.source().say('beat');
  person.source().fail();
  assert.equal(stream.state.connection, 'connecting');
  await person.browser.pass(1100);
  assert.ok(person.source());
  assert.equal(person.exchanges.length, 1);
});

test('a stream that has gone silent is opened again', async () => {
  const person = sit();
  await person.open();
  person.source().say('me');
  await person.browser.pass(44000);
  assert.equal(person.browser.sources.length, 1);
  person.source().say('beat');
  await person.browser.pass(44000);
  assert.equal(person.browser.sources.length, 1);
  await person.browser.pass(3000);
  assert.equal(person.browser.sources.length, 2);
});

test('after a sleep, and when the network is back, it does not wait', async () => {
  const person = sit();
  const { tab } = await person.open();
  person.source().say('me');
  person.browser.now += 3600000;
  tab.document.dispatchEvent(new Event('visibilitychange'));
  await settled();
  assert.equal(person.browser.sources.length, 2);
  person.source().fail();
  tab.dispatchEvent(new Event('online'));
  await settled();
  assert.equal(person.browser.sources.length, 3);
  assert.equal(person.browser.open().length, 1);
});

test('a ticket that is refused again and again is exchanged for a new one', async () => {
  const person = sit();
  await person.open();
  for (let refused = 0; refused < 3; refused += 1) {
    assert.match(person.source().url.search, /ticket=t1/, 'it may be a restart');
    person.source().fail(true);
    await person.browser.pass(10000);
  }
  assert.match(person.source().url.search, /ticket=t2/);
});

test('a long absence of the backend costs no ticket, and no more than half a minute after it', async () => {
  let isAway = false;
  const person = sit({ answer: (who) => (isAway ? refuse('server')() : give(who)) });
  await person.open();
  isAway = true;
  for (let minute = 0; minute < 60; minute += 1) {
    person.source()?.fail(true);
    await person.browser.pass(60000);
  }
  assert.ok(person.exchanges.length < 25, String(person.exchanges.length));
  assert.match(person.source().url.search, /ticket=t1/);
});

test('an account that is not connected any more has its ticket taken', async () => {
  const person = sit({ answer: (who) => (who.exchanges.length > 1 ? refuse('unknown_account', 'Не подключён')() : give(who)) });
  const { stream } = await person.open();
  for (let refused = 0; refused < 3; refused += 1) {
    person.source().fail(true);
    await person.browser.pass(10000);
  }
  assert.deepEqual([person.browser.open().length, stream.state.connection], [0, 'refused']);
});

test('an old ticket is not even tried', async () => {
  const person = sit();
  await person.open();
  person.browser.now += 86400000;
  person.source().fail();
  await person.browser.pass(11000);
  assert.match(person.source().url.search, /ticket=t2/);
});

test('tickets are asked for with waits of 5 s to 5 min, whatever happens in between', async () => {
  const person = sit({ answer: refuse('unknown_account', 'Аккаунт не подключён') });
  const { tab, stream } = await person.open();
  for (let turn = 0; turn < 3600; turn += 1) {
    await person.browser.pass(1000);
    tab.dispatchEvent(new Event('online'));
    await settled();
  }
  const waits = person.exchanges.slice(1).map((at, index) => at - person.exchanges[index]);
  assert.ok(waits[0] >= 5000 && waits.at(-1) >= 150000 && Math.max(...waits) <= 301000, String(waits));
  assert.deepEqual([stream.state.connection, stream.state.trouble], ['refused', 'Аккаунт не подключён']);
});

test('a backend that is away is "offline", not "refused"', async () => {
  const person = sit({ answer: refuse('network', 'Нет связи') });
  const { stream } = await person.open();
  assert.deepEqual([stream.state.connection, stream.state.trouble], ['offline', 'Нет связи']);
});

test('turned off, a tab reads no more and says no more, and another one leads', async () => {
  const person = sit();
  const [leader, second] = await person.open3();
  leader.tab.turnOff();
  await settled();
  assert.equal(person.browser.open().length, 1);
  assert.equal(person.source().tab, second.tab);
  leader.stream.share({ kind: 'touched', call: 'a' });
  second.tab.turnOff();
  await settled();
  assert.equal(person.browser.open().length, 1, 'the third');
});

test('who has stopped listening hears nothing', async () => {
  const person = sit();
  const { stream } = await person.open();
  const heard = [];
  const undo = stream.on((state, { kind }) => heard.push(kind));
  person.source().say('missed', { calls: [] });
  undo();
  person.source().say('me');
  assert.deepEqual(heard, ['missed']);
});

test('waits grow, are spread, capped and begin anew', () => {
  const waits = createRetryDelays({ first: 500, cap: 3000 }, () => 0.5);
  assert.deepEqual([waits.next(), waits.next(), waits.next(), waits.next()], [750, 1500, 3000, 3000]);
  waits.reset();
  assert.equal(waits.next(), 750);
});
