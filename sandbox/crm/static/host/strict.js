/** What a widget must not do is written down, for tests and for the console; nothing is stopped by it. */

const violations = [];
Object.defineProperty(window, '__violations', { value: violations });

export function violation(words) {
  violations.push(words);
  console.error(`widget: ${words}`);
}

/** The same members, and a violation for every other one, and for every attempt to change them. */
export function documented(name, members) {
  const told = (verb) => (_, key) => {
    violation(`${name}.${String(key)} ${verb}`);
    return true;
  };
  return new Proxy(members, {
    get(target, key) {
      if (key in target || typeof key === 'symbol') return target[key];
      return void violation(`${name}.${key} is not documented`);
    },
    set: told('is read-only'),
    defineProperty: told('is read-only'),
    deleteProperty: told('is read-only'),
  });
}

/** A global the page keeps: read as it is, a violation when it is written. */
export function keep(name, value) {
  Object.defineProperty(window, name, { get: () => value, set: () => violation(`${name} is read-only`) });
}

/** Runs `what`; its error is a violation, its outcome undefined then. */
export function guarded(words, what) {
  try {
    return what();
  } catch (error) {
    violation(`${words} threw ${error.stack || error}`);
    return undefined;
  }
}

export function frozen(value) {
  if (value && typeof value === 'object') Object.values(value).forEach(frozen);
  return Object.freeze(value);
}
