/**
 * The tabs of one browser with one `name`: one of them leads, all hear each other. The browser hands the lock on at once when its
 * tab is closed or dies; where the browser has no locks, every tab leads itself
 * (docs/decisions/0009-one-tab-reads-the-stream.md).
 *
 * `lead()` starts leading and returns the stop; `hear(message)` gets the messages of the other tabs.
 * @param {string} name @param {{lead: () => () => void, hear: (message: any) => void}} roles @param {typeof globalThis} browser
 */
export function joinTabs(name, { lead, hear }, browser = globalThis) {
  const channel = new browser.BroadcastChannel(name);
  const leaving = new AbortController();
  /** @type {Promise<unknown>} */
  const left = new Promise((end) => leaving.signal.addEventListener('abort', end));
  const { locks } = browser.navigator;

  async function takeTurn() {
    if (leaving.signal.aborted) return;
    const stop = lead();
    await left;
    stop();
  }

  channel.onmessage = ({ data }) => hear(data);
  if (locks) locks.request(name, { signal: leaving.signal }, takeTurn).catch(hasLeft);
  else Promise.resolve().then(takeTurn);

  return {
    /** To the other tabs. @param {unknown} message */
    send(message) {
      if (!leaving.signal.aborted) channel.postMessage(message);
    },
    leave() {
      leaving.abort();
      channel.close();
    },
  };
}

/** A tab that leaves while it waits for its turn is refused the lock with an AbortError. @param {any} error */
function hasLeft(error) {
  if (error.name !== 'AbortError') throw error;
}
