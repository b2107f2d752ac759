/**
 * The tabs of one browser with one `name`: one of them leads, all hear each other. The browser hands the lock on at once
 * when its tab is closed or dies; where it has no locks, every tab leads itself
 * (docs/decisions/0009-one-tab-reads-the-stream.md).
 *
 * `lead()` starts leading and returns what ends it; `hear(message)` gets what the other tabs tell.
 */
export function joinTabs(name, { lead, hear }, browser = globalThis) {
  const channel = new browser.BroadcastChannel(name);
  const leaving = new AbortController();
  const left = new Promise((end) => leaving.signal.addEventListener('abort', end));
  const { locks } = browser.navigator;

  async function turn() {
    if (leaving.signal.aborted) return;
    const stop = lead();
    await left;
    stop();
  }

  channel.onmessage = ({ data }) => hear(data);
  if (locks) locks.request(name, { signal: leaving.signal }, turn).catch(hasLeft);
  else Promise.resolve().then(turn);

  return {
    tell(message) {
      if (!leaving.signal.aborted) channel.postMessage(message);
    },
    leave() {
      leaving.abort();
      channel.close();
    },
  };
}

/** A tab that leaves while it waits for its turn is refused the lock by that name. */
function hasLeft(error) {
  if (error.name !== 'AbortError') throw error;
}
