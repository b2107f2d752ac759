/** What one browser tab remembers of this page for this user: the open tab, unsaved changes. Never a secret. */

export function createSessionMemory(account, user) {
  const name = (what) => `phone-station:${account}:${user}:${what}`;
  return {
    read(what) {
      try {
        return JSON.parse(sessionStorage.getItem(name(what)) ?? 'null');
      } catch {
        return null;
      }
    },
    /** Without a storage the page works all the same. @param {string} what @param {unknown} value */
    write(what, value) {
      try {
        sessionStorage.setItem(name(what), JSON.stringify(value));
      } catch (error) {
        console.debug('not remembered', what, error);
      }
    },
  };
}
