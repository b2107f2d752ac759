/** Who wants to hear of something: `add(listener)` returns its undo, `tell(…news)` tells all who listen at that moment. */
export function hearers() {
  const listeners = new Set();
  return {
    add(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    tell: (...news) => [...listeners].forEach((listener) => listener(...news)),
  };
}
