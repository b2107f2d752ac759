import { fill, h } from '../../ui/dom.js';
import { moment } from '../../ui/format.js';
import { callbacks } from '../callback/callbacks-tab.js';
import { calls } from '../settings/calls-tab.js';
import { connection } from '../pbx/connection-tab.js';
import { Draft } from '../form/settings-draft.js';
import { employees } from '../settings/employees-tab.js';
import { Form, button, link } from '../form/form.js';
import { leads } from '../settings/leads-tab.js';
import { createMemory } from './session-memory.js';
import { notices } from '../settings/notifications-tab.js';
import { overview } from '../overview/overview-tab.js';
import { own } from './my-extension.js';
import { recordings } from '../recordings/recordings-tab.js';
import { routing } from '../pbx/routing-tab.js';
import { createSaving } from './save-bar.js';
import { createTabs } from './page-tabs.js';

/** The page of advanced settings: tabs that are drawn from one document and saved as one. */

const PARTS = { connection, employees, routing, leads, notices, calls, recordings, callbacks, overview, own };
const ADMIN = ['connection', 'employees', 'routing', 'leads', 'notices', 'calls', 'recordings', 'callbacks', 'overview'];
const OTHERS = ['own', 'overview'];
const OF_SETTING = { routing: 'routing', recordings: 'recordings', callbacks: 'callback' }; // which an older service may not know
const NOT_SAVED = ['overview', 'own']; // here Save is seen only while something waits for it

export async function page(node, amo) {
  const say = (key, values) => amo.words(`admin.${key}`, values);
  const root = h(
    'div',
    { class: 'phone-station ps-admin ps-page' },
    h('p', { class: 'ps-loading', role: 'status' }, say('loading')),
  );
  fill(node, root);
  const answer = await amo.ask('GET', '/api/settings').catch((refusal) => {
    fill(
      root,
      h('p', { class: 'ps-failed', role: 'alert' }, refusal.message),
      button(say('retry'), () => page(node, amo)),
    );
  });
  if (answer) new Page(amo, say, answer).show(root);
}

/** What the parts share: the answer of the service, the form over it, what was asked besides (`state`). */
class Page {
  constructor(amo, say, answer) {
    this.amo = amo;
    this.say = say;
    this.state = {};
    this.hearers = new Map();
    this.answer = answer;
    this.memory = createMemory(answer.account.id, amo.user.id);
    const kept = (answer.is_admin && this.memory.read('draft')) || {};
    this.form = new Form(new Draft(answer, kept), say, () => this.noteEdit());
    const isKnown = (key) => !OF_SETTING[key] || this.form.draft.isKnown(`settings.${OF_SETTING[key]}`);
    this.keys = answer.is_admin ? ADMIN.filter(isKnown) : OTHERS;
    this.tabs = createTabs(
      this.keys.map((key) => ({ key, label: say(`tabs.${key}`) })),
      (key) => this.remember(key),
    );
    this.saving = createSaving(this);
  }

  show(root) {
    const heading = h(
      'div',
      { class: 'ps-header' },
      h('h2', {}, this.say('title')),
      h('p', { class: 'ps-soft' }, this.answer.account.name),
      link(this.say('help'), this.amo.ourPage('/')),
    );
    fill(root, heading, this.tabs.node, this.answer.is_admin && this.saving.node);
    this.keys.forEach((key) => this.redraw(key));
    const last = this.memory.read('tab');
    this.tabs.open(this.keys.includes(last) ? last : this.keys[0]);
    this.noteEdit();
  }

  remember(tab) {
    this.memory.write('tab', tab);
    this.marks();
  }

  moment(at) {
    return moment(this.amo.language, at);
  }

  /** `listener` hears of news until `who` is drawn anew. */
  hear(news, who, listener) {
    this.hearers.set(`${news} ${who}`, listener);
  }

  tell(news) {
    this.hearers.forEach((listener, key) => key.startsWith(`${news} `) && listener());
  }

  redraw(key) {
    this.form.begin(key);
    fill(this.tabs.panels.get(key), ...[PARTS[key](this)].flat());
  }

  /** Everything that shows the document; the overview shows another. */
  redrawAll() {
    this.keys.filter((key) => key !== 'overview').forEach((key) => this.redraw(key));
    this.noteEdit();
  }

  /** A newer answer of the service; what was changed here stays over it. Gives what somebody else has changed too. */
  take(answer) {
    this.answer = answer;
    return this.form.draft.rebase(answer);
  }

  /** Takes and shows it; false where somebody else has changed the same, which is said where it stands. */
  renew(answer) {
    const both = this.take(answer);
    this.redrawAll();
    if (!both.length) return true;
    const message = this.say('changed_too');
    this.showErrors(both.map((field) => ({ field, message })), this.form.draft.toSend());
    const tabs = new Set(both.map((path) => this.form.tabOf(path)).filter(Boolean));
    const places = [...tabs].map((tab) => this.say(`tabs.${tab}`)).join(', ');
    this.saving.tell('warn', this.say('changed_meanwhile', { places }));
    return false;
  }

  async refresh() {
    const answer = await this.amo
      .ask('GET', '/api/settings')
      .catch((refusal) => this.saving.tell('fail', refusal.message));
    if (answer) this.renew(answer);
  }

  /** After every change of the document: kept for a reload, and shown. */
  noteEdit() {
    this.memory.write('draft', this.form.draft.toKeep());
    this.marks();
    this.saving.edited();
  }

  /** On the tabs: how many fields are wrong, else whether something is not saved. */
  marks() {
    const { form, keys, tabs, say } = this;
    const changed = new Set(form.draft.paths().map((path) => form.tabOf(path)));
    keys.forEach((key) => {
      const wrong = form.wrongOn(key);
      if (wrong) tabs.mark(key, 'wrong', say('wrong', { count: wrong }), String(wrong));
      else tabs.mark(key, 'changed', changed.has(key) ? say('unsaved') : '');
    });
    this.saving.show(NOT_SAVED.includes(tabs.current()));
  }

  /** Each error at its field; the tab of the first one opens and the field gets the focus. */
  showErrors(errors, sent) {
    const { first, elsewhere } = this.form.showErrors(errors, sent, this.keys);
    if (first) this.tabs.open(first.tab);
    this.marks();
    first?.focus();
    return elsewhere;
  }
}
