/** What one tab of the browser remembers of this page for this person: the opened tab, what is not saved yet. Never a secret. */

export function createMemory(account, user) {
  const name = (what) => `phone-station:${account}:${user}:${what}`;
  return {
    read(what) {
      try {
        return JSON.parse(sessionStorage.getItem(name(what)));
      } catch {
        return null;
      }
    },
    /** A browser that keeps nothing loses nothing but the comfort. */
    write(what, value) {
      try {
        sessionStorage.setItem(name(what), JSON.stringify(value));
      } catch (error) {
        console.debug('not remembered', what, error);
      }
    },
  };
}
