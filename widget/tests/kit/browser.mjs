/** A browser with tabs, as far as the stream meets one: locks, a channel, event sources, timers on a clock of its own. */
import { settle } from './page.mjs';

export function openBrowser({ hasLocks = true } = {}) {
  const browser = { now: 1e12, timers: new Map(), turns: [], channels: new Set(), sources: [] };
  return Object.assign(browser, {
    openTab: () => openTab(browser, hasLocks),
    open: () => browser.sources.filter((source) => source.readyState < 2),
    async pass(ms) {
      const end = browser.now + ms;
      for (let next = first(browser, end); next; next = first(browser, end)) {
        browser.timers.delete(next[0]);
        browser.now = next[1].at;
        next[1].act();
        await settled();
      }
      browser.now = end;
      await settled();
    },
  });
}

/** Messages on their way have arrived, and what they led to has been done. */
export async function settled() {
  for (let turn = 0; turn < 5; turn += 1) await settle();
}

function first({ timers }, end) {
  return [...timers].filter(([, { at }]) => at <= end).sort((one, other) => one[1].at - other[1].at)[0];
}

let lastTimer = 0;

function openTab(browser, hasLocks) {
  const events = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  const tab = { isDead: false, channels: [] };
  const alive = (act) => (...given) => tab.isDead || act(...given);
  return Object.assign(tab, {
    document,
    navigator: { locks: hasLocks ? locksOf(browser, tab) : undefined },
    Date: { now: () => browser.now },
    BroadcastChannel: channelOf(browser, tab),
    EventSource: sourceOf(browser, tab),
    addEventListener: events.addEventListener.bind(events),
    removeEventListener: events.removeEventListener.bind(events),
    dispatchEvent: events.dispatchEvent.bind(events),
    setTimeout(act, wait) {
      browser.timers.set((lastTimer += 1), { at: browser.now + wait, act: alive(act) });
      return lastTimer;
    },
    clearTimeout: (id) => browser.timers.delete(id),
    /** The tab is closed, or its process has died: nothing of it runs on. */
    die() {
      tab.isDead = true;
      browser.channels.forEach((channel) => channel.tab === tab && channel.close());
      browser.sources.forEach((source) => source.tab === tab && source.close());
      leave(browser, tab);
    },
  });
}

function locksOf(browser, tab) {
  return {
    request: (name, { signal }, turn) => new Promise((done, failed) => {
      browser.turns.push({ tab, turn: () => turn().then(done) });
      signal.addEventListener('abort', () => {
        if (browser.turns[0]?.tab !== tab) failed(Object.assign(new Error('left'), { name: 'AbortError' }));
        leave(browser, tab);
      });
      if (browser.turns.length === 1) setImmediate(() => browser.turns[0]?.turn());
    }),
  };
}

function leave(browser, tab) {
  const wasFirst = browser.turns[0]?.tab === tab;
  browser.turns = browser.turns.filter((each) => each.tab !== tab);
  if (wasFirst) setImmediate(() => browser.turns[0]?.turn());
}

function channelOf({ channels }, tab) {
  return class {
    constructor(name) {
      Object.assign(this, { name, tab });
      channels.add(this);
    }

    postMessage(message) {
      const others = [...channels].filter((each) => each !== this && each.name === this.name);
      others.forEach((each) => setImmediate(() => channels.has(each) && each.onmessage({ data: structuredClone(message) })));
    }

    close() {
      channels.delete(this);
    }
  };
}

function sourceOf({ sources }, tab) {
  return class extends EventTarget {
    constructor(url) {
      super();
      Object.assign(this, { url: new URL(url), readyState: 0, tab, lastId: '' });
      sources.push(this);
    }

    /** The stream says this. */
    say(kind, data = {}, id = this.lastId) {
      this.readyState = 1;
      this.lastId = String(id);
      this.dispatchEvent(Object.assign(new Event(kind), { data: JSON.stringify(data), lastEventId: this.lastId }));
    }

    /** The connection is lost; `refused`: the answer was an error. */
    fail(refused = false) {
      this.readyState = refused ? 2 : 0;
      this.dispatchEvent(new Event('error'));
    }

    close() {
      this.readyState = 2;
    }
  };
}
