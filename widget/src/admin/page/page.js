import { fill, h } from '../../ui/dom.js';
import { moment } from '../../ui/format.js';
import { callbacksTab } from '../callback/callbacks-tab.js';
import { Form, button, link } from '../form/form.js';
import { SettingsDraft } from '../form/settings-draft.js';
import { overviewTab } from '../overview/overview-tab.js';
import { connectionTab } from '../pbx/connection-tab.js';
import { routingTab } from '../pbx/routing-tab.js';
import { recordingsTab } from '../recordings/recordings-tab.js';
import { callsTab } from '../settings/calls-tab.js';
import { employeesTab } from '../settings/employees-tab.js';
import { leadsTab } from '../settings/leads-tab.js';
import { notificationsTab } from '../settings/notifications-tab.js';
import { myExtensionTab } from './my-extension.js';
import { createPageTabs } from './page-tabs.js';
import { createSaveBar } from './save-bar.js';
import { createSessionMemory } from './session-memory.js';

/** @import { Amo, Words } from '../../amocrm.js' */
/** @import { FieldError } from '../../api' */

/** The page of advanced settings: tabs that are drawn from one document and saved as one. */

/** @type {Record<string, (page: any) => any>} */
const TABS = {
  connection: connectionTab,
  employees: employeesTab,
  routing: routingTab,
  leads: leadsTab,
  notices: notificationsTab,
  calls: callsTab,
  recordings: recordingsTab,
  callbacks: callbacksTab,
  overview: overviewTab,
  own: myExtensionTab,
};
const FOR_ADMINISTRATORS = ['connection', 'employees', 'routing', 'leads', 'notices', 'calls', 'recordings', 'callbacks', 'overview'];
const FOR_OTHERS = ['own', 'overview'];
/** Tabs that need a setting which an older service may not know. @type {Record<string, string>} */
const NEEDED_SETTING = { routing: 'routing', recordings: 'recordings', callbacks: 'callback' };
const WITHOUT_SETTINGS = ['overview', 'own']; // here Save is shown only while another tab has unsaved changes

/** Draws the page into `node`. @param {Element} node @param {Amo} amo */
export async function page(node, amo) {
  /** @type {Words} */
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

/** What the tabs share: the service's answer, the form over it, and what else was asked for (`state`). */
export class Page {
  /** @param {Amo} amo @param {Words} say @param {any} answer **Settings** of docs/api.md */
  constructor(amo, say, answer) {
    this.amo = amo;
    this.say = say;
    /** @type {Record<string, any>} */
    this.state = {};
    /** @type {Map<string, () => void>} */
    this.listeners = new Map();
    this.answer = answer;
    this.memory = createSessionMemory(answer.account.id, amo.user.id);
    const kept = (answer.is_admin && this.memory.read('draft')) || {};
    this.form = new Form(new SettingsDraft(answer, kept), say, () => this.noteEdit());
    /** @param {string} key */
    const isKnown = (key) => !NEEDED_SETTING[key] || this.form.draft.isKnown(`settings.${NEEDED_SETTING[key]}`);
    this.keys = answer.is_admin ? FOR_ADMINISTRATORS.filter(isKnown) : FOR_OTHERS;
    this.tabs = createPageTabs(
      this.keys.map((key) => ({ key, label: say(`tabs.${key}`) })),
      (key) => this.rememberTab(key),
    );
    this.saveBar = createSaveBar(this);
  }

  /** @param {Element} root */
  show(root) {
    const heading = h(
      'div',
      { class: 'ps-header' },
      h('h2', {}, this.say('title')),
      h('p', { class: 'ps-soft' }, this.answer.account.name),
      link(this.say('help'), this.amo.ourPage('/')),
    );
    fill(root, heading, this.tabs.node, this.answer.is_admin && this.saveBar.node);
    this.keys.forEach((key) => this.redraw(key));
    const last = this.memory.read('tab');
    this.tabs.open(this.keys.includes(last) ? last : this.keys[0]);
    this.noteEdit();
  }

  /** @param {string} key */
  rememberTab(key) {
    this.memory.write('tab', key);
    this.drawMarks();
  }

  /** @param {number} at seconds of the Unix epoch */
  moment(at) {
    return moment(this.amo.locale, at);
  }

  /** `listener` is called at each `notify(news)`, until the same `part` of the page listens again. @param {string} news @param {string} part @param {() => void} listener */
  onNews(news, part, listener) {
    this.listeners.set(`${news} ${part}`, listener);
  }

  /** @param {string} news */
  notify(news) {
    this.listeners.forEach((listener, key) => key.startsWith(`${news} `) && listener());
  }

  /** @param {string} key of a tab */
  redraw(key) {
    this.form.begin(key);
    fill(/** @type {Element} */ (this.tabs.panels.get(key)), ...[TABS[key](this)].flat());
  }

  /** Everything that shows the settings; the overview does not. */
  redrawAll() {
    this.keys.filter((key) => key !== 'overview').forEach((key) => this.redraw(key));
    this.noteEdit();
  }

  /** Takes a newer answer of the service; unsaved changes stay over it. Returns the paths that someone else has changed too. @param {any} answer */
  take(answer) {
    this.answer = answer;
    return this.form.draft.rebase(answer);
  }

  /** Takes and shows a newer answer; false where someone else has changed the same, which is shown at those fields. @param {any} answer */
  renew(answer) {
    const both = this.take(answer);
    this.redrawAll();
    if (!both.length) return true;
    const message = this.say('changed_too');
    this.showErrors(both.map((field) => ({ field, message })), this.form.draft.toSend());
    const tabs = new Set(both.map((path) => this.form.tabOf(path)).filter(Boolean));
    const places = [...tabs].map((tab) => this.say(`tabs.${tab}`)).join(', ');
    this.saveBar.report('warn', this.say('changed_meanwhile', { places }));
    return false;
  }

  async refresh() {
    const answer = await this.amo
      .ask('GET', '/api/settings')
      .catch((refusal) => this.saveBar.report('fail', refusal.message));
    if (answer) this.renew(answer);
  }

  /** After every change of the document: keeps it for a reload, and shows that it is unsaved. */
  noteEdit() {
    this.memory.write('draft', this.form.draft.toKeep());
    this.drawMarks();
    this.saveBar.edited();
  }

  /** On the tabs: how many fields are wrong, else whether something is unsaved. */
  drawMarks() {
    const { form, keys, tabs, say } = this;
    const changed = new Set(form.draft.paths().map((path) => form.tabOf(path)));
    keys.forEach((key) => {
      const wrong = form.wrongOn(key);
      if (wrong) tabs.mark(key, 'wrong', say('wrong', { count: wrong }), String(wrong));
      else tabs.mark(key, 'changed', changed.has(key) ? say('unsaved') : '');
    });
    this.saveBar.show(WITHOUT_SETTINGS.includes(tabs.current()));
  }

  /** Shows each error at its field; opens the tab of the first one and focuses the field. Returns the messages of no field. @param {FieldError[]} errors @param {any} sent */
  showErrors(errors, sent) {
    const { first, elsewhere } = this.form.showErrors(errors, sent, this.keys);
    if (first) this.tabs.open(first.tab);
    this.drawMarks();
    first?.focus();
    return elsewhere;
  }
}
