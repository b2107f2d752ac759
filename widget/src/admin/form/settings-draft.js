/**
 * The settings document as the user edits it: `base` is the service's last answer, `changed` the differences from it.
 * Only what was changed lies over a newer answer, so that two administrators do not undo each other's work: `version` tells
 * the service what was read, and where both have changed the same the user decides. Settings that this version of the
 * widget does not know are sent back as they came.
 */

const NO_PBX = { host: '', port: 5038, username: '', tls: false, certificate: null };
const PARTS = ['settings', 'pbx'];

export class SettingsDraft {
  /** @param {any} answer **Settings** of docs/api.md @param {{settings?: object, pbx?: object}} kept the changes of an earlier visit */
  constructor(answer, kept = {}) {
    /** @type {Record<string, Record<string, any>>} */
    this.changed = { settings: { ...kept.settings }, pbx: { ...kept.pbx } };
    /** @type {Record<string, Record<string, any>>} */
    this.base = {};
    this.rebase(answer);
  }

  /** Takes a newer answer; changes stay, unless the answer is the same. Returns the paths that someone else has changed too. @param {any} answer @returns {string[]} */
  rebase(answer) {
    const before = this.base;
    this.answer = answer;
    this.base = { settings: answer.settings || {}, pbx: pick(answer.pbx || {}, NO_PBX) };
    PARTS.forEach((part) => {
      Object.entries(this.changed[part]).forEach(([name, value]) => this.set(`${part}.${name}`, value));
    });
    return this.paths().filter((path) => {
      const [part, name] = path.split('.');
      return before[part] && !same(before[part][name], this.base[part][name]);
    });
  }

  /** @param {string} path @returns {any} */
  get(path) {
    const [part, name, ...inner] = path.split('.');
    const whole = name in this.changed[part] ? this.changed[part][name] : this.base[part][name];
    return inner.reduce((value, key) => value?.[key], whole);
  }

  /** @param {string} path @param {any} value */
  set(path, value) {
    const [part, name, ...inner] = path.split('.');
    const whole = inner.length ? replaced(this.get(`${part}.${name}`), inner, value) : value;
    if (same(whole, this.base[part][name])) delete this.changed[part][name];
    else this.changed[part][name] = whole;
  }

  /** Whether the service knows this setting: an older one may not. @param {string} path */
  isKnown(path) {
    const [part, ...names] = path.split('.');
    return names.reduce((value, key) => value?.[key], this.base[part]) !== undefined;
  }

  /** Paths of the changes: `settings.employees`, `pbx.host`. @returns {string[]} */
  paths() {
    return PARTS.flatMap((part) => Object.keys(this.changed[part]).map((name) => `${part}.${name}`));
  }

  forget() {
    this.changed = { settings: {}, pbx: {} };
  }

  /** The changes as they may be kept in the browser: without secrets. */
  toKeep() {
    const { settings, pbx } = this.changed;
    const { recordings } = settings;
    return { settings: { ...settings, ...(recordings && { recordings: withoutSecret(recordings) }) }, pbx: withoutSecret(pbx) };
  }

  /** The whole document; the PBX only when it was touched, for its secret belongs to its address. */
  toSend() {
    const settings = { ...this.base.settings, ...this.changed.settings };
    const pbx = Object.keys(this.changed.pbx).length > 0 && { pbx: this.pbx() };
    const { version } = this.answer;
    return { settings, ...pbx, ...(version && { version }) };
  }

  /** The PBX as the form shows it; without `secret`, the stored one is meant. */
  pbx() {
    return { ...this.base.pbx, ...this.changed.pbx };
  }
}

/** Whether two values are equal as JSON, whatever the order of their keys. @param {any} one @param {any} other @returns {boolean} */
export function same(one, other) {
  return one === other || JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

/** @param {any} value @returns {any} */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.keys(value)
    .sort()
    .map((name) => [name, sorted(value[name])]);
}

/** @param {Record<string, any>} part */
function withoutSecret({ secret, ...rest }) {
  return rest;
}

function pick(from, defaults) {
  return Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, from[name] ?? value]));
}

/** With the part that the keys name replaced; without it where the value is undefined. @param {any} whole @param {string[]} keys @param {any} value @returns {any} */
function replaced(whole, [key, ...inner], value) {
  const { [key]: before, ...rest } = whole ?? {};
  const after = inner.length ? replaced(before, inner, value) : value;
  return after === undefined ? rest : { ...rest, [key]: after };
}
