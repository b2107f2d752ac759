/**
 * The settings document as a person edits it: `base` is what the service answered last, `changed` what differs from it.
 * Only what was changed lies over a newer answer, so that two administrators do not undo each other's work: `version` tells
 * the service what was read, and of what both have changed the person is told. What this version of the widget does not
 * know is sent back as it came.
 */

const NO_PBX = { host: '', port: 5038, username: '', tls: false, certificate: null };
const PARTS = ['settings', 'pbx'];

export class Draft {
  constructor(answer, kept = {}) {
    this.changed = { settings: { ...kept.settings }, pbx: { ...kept.pbx } };
    this.rebase(answer);
  }

  /** A newer answer; what was changed stays, unless the answer says the same. Gives the paths that somebody else changed too. */
  rebase(answer) {
    const before = this.base ?? {};
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

  get(path) {
    const [part, name, ...inner] = path.split('.');
    const whole = name in this.changed[part] ? this.changed[part][name] : this.base[part][name];
    return inner.reduce((value, key) => value?.[key], whole);
  }

  set(path, value) {
    const [part, name, ...inner] = path.split('.');
    const whole = inner.length ? replaced(this.get(`${part}.${name}`), inner, value) : value;
    if (same(whole, this.base[part][name])) delete this.changed[part][name];
    else this.changed[part][name] = whole;
  }

  /** Whether the service knows this setting: an older one may not. */
  isKnown(path) {
    const [part, ...names] = path.split('.');
    return names.reduce((value, key) => value?.[key], this.base[part]) !== undefined;
  }

  /** Paths of what was changed: `settings.employees`, `pbx.host`. */
  paths() {
    return PARTS.flatMap((part) => Object.keys(this.changed[part]).map((name) => `${part}.${name}`));
  }

  forget() {
    this.changed = { settings: {}, pbx: {} };
  }

  /** What may be kept in the browser: everything but secrets. */
  toKeep() {
    const { settings, pbx } = this.changed;
    const { recordings } = settings;
    return { settings: { ...settings, ...(recordings && { recordings: open(recordings) }) }, pbx: open(pbx) };
  }

  /** The whole document; the PBX only when it was touched, for its secret belongs to its address. */
  toSend() {
    const settings = { ...this.base.settings, ...this.changed.settings };
    const pbx = Object.keys(this.changed.pbx).length > 0 && { pbx: this.pbx() };
    const { version } = this.answer;
    return { settings, ...pbx, ...(version && { version }) };
  }

  /** The PBX as the form shows it; without `secret` where the stored one is meant. */
  pbx() {
    return { ...this.base.pbx, ...this.changed.pbx };
  }
}

export function same(one, other) {
  return one === other || JSON.stringify(sorted(one)) === JSON.stringify(sorted(other));
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.keys(value)
    .sort()
    .map((name) => [name, sorted(value[name])]);
}

function open({ secret, ...rest }) {
  return rest;
}

function pick(from, defaults) {
  return Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, from[name] ?? value]));
}

/** With the part in it that the keys name; without it where the value is undefined. */
function replaced(whole, [key, ...inner], value) {
  const { [key]: before, ...rest } = whole ?? {};
  const after = inner.length ? replaced(before, inner, value) : value;
  return after === undefined ? rest : { ...rest, [key]: after };
}
