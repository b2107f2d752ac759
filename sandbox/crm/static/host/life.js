/** A widget's life cycle (docs/amocrm-contract.md §4.4): loaded, then its callbacks in their order, at their places. */

import { session } from './facts.js';
import { methods } from './methods.js';
import { removeActions } from './phones.js';
import { guarded, violation } from './strict.js';

const NEEDED = ['render', 'init', 'bind_actions', 'onSave'];

export class Life {
  constructor(about) {
    this.about = { ...about };
    this.isRunning = false;
    this.phase = '';
  }

  get isInstalled() {
    return this.about.status !== 'install';
  }

  /** render → init → bind_actions; each must return true. */
  async start() {
    this.widget ??= await this.load();
    if (this.isRunning) return;
    this.isRunning = true;
    for (const name of ['render', 'init', 'bind_actions']) {
      if (this.call(name) !== true) violation(`${name} did not return true`);
    }
  }

  async load() {
    const { path, version, languages } = this.about;
    const language = languages.includes(session.lang) ? session.lang : languages[0];
    const globals = new Set(Object.keys(window));
    const [Widget, langs] = await Promise.all([
      required(`${path}/script.js?v=${version}`),
      fetch(`${path}/i18n/${language}.json?v=${version}`).then((answer) => answer.json()),
    ]);
    const widget = new Widget();
    Object.assign(widget, methods(this.about, langs, () => this.phase));
    NEEDED.filter((name) => typeof widget.callbacks?.[name] !== 'function')
      .forEach((name) => violation(`there is no callback ${name}`));
    Object.keys(window).filter((name) => !globals.has(name)).forEach((name) => violation(`a global: ${name}`));
    return widget;
  }

  /** What the callback returned; undefined when there is none, or it threw. */
  call(name, ...sent) {
    const callback = this.widget.callbacks?.[name];
    if (!callback) return undefined;
    this.phase = name;
    const outcome = guarded(name, () => callback.apply(undefined, sent));
    this.phase = '';
    return outcome;
  }

  /** Whether the widget agrees to be saved: true, or a promise that holds. */
  async agrees(active, fields) {
    const agreed = this.call('onSave', { active, fields });
    if (agreed === true) return true;
    if (typeof agreed?.then !== 'function') return void violation('onSave returned neither true nor a promise');
    return Promise.resolve(agreed).then((answer) => answer !== false, () => false);
  }

  /** The page goes: a widget of `init_once` stays. */
  leave() {
    if (!this.about.init_once) this.end();
  }

  /** Another page stands: a widget of `init_once` hears of it, another one begins anew. */
  async arrive() {
    if (this.about.init_once && this.isRunning) window.jQuery(document).trigger('page:changed');
    else if (this.isInstalled) await this.start();
  }

  /** As when the account's pages are opened for the first time with it. */
  async restart() {
    this.end();
    this.widget = null;
    await this.start();
  }

  end() {
    if (!this.isRunning) return;
    this.call('destroy');
    removeActions(this.about.code);
    this.isRunning = false;
  }
}

function required(address) {
  return new Promise((resolve, reject) => window.requirejs([address], resolve, reject));
}
