/**
 * @template {unknown[]} News
 * @typedef {{add(listener: (...news: News) => void): () => void, notify(...news: News): void}} Listeners
 */

/**
 * Listeners of one thing: `add(listener)` returns its undo, `notify(…news)` calls all that listen at that moment.
 * @returns {Listeners<any[]>}
 */
export function createListeners() {
  const listeners = new Set();
  return {
    add(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    notify: (...news) => [...listeners].forEach((listener) => listener(...news)),
  };
}
