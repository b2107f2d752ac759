/**
 * Delays between attempts, in milliseconds: each up to twice as long as the last, never longer than `cap`, and spread by chance,
 * so that a thousand browsers do not come back in one moment.
 * @param {{first: number, cap: number}} limits
 */
export function createRetryDelays({ first, cap }, random = Math.random) {
  let base = first;
  return {
    next() {
      const delay = Math.min(base * (1 + random()), cap);
      base = Math.min(base * 2, cap);
      return delay;
    },
    reset() {
      base = first;
    },
  };
}
