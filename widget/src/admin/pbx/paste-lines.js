import { fill, h } from '../../ui/dom.js';
import { copied } from '../form/copyable-text.js';
import { button, section } from '../form/form.js';

/** What to put on the PBX, made for this account: numbered steps, each with its text to copy, and how to take it away. */

const STORED = 'THE-STORED-SECRET'; // stands in the lines for a secret that is never shown
const MANAGER = { asterisk: 'asterisk_manager', other: 'freepbx_manager' };

export function paste(page) {
  const { say, state, answer } = page;
  const place = h('div', { 'aria-live': 'polite' });
  const show = () => fill(place, state.lines ? steps(page, show) : wanting(page, show));
  page.hear('check', 'paste', () => state.lines && show());
  show();
  if (!answer.pbx && !state.lines && !state.linesFailure) askLines(page, show);
  return section(say('paste.title'), say('paste.about'), place);
}

/** The lines are made by the service when they are asked for, once for each visit; by itself where no PBX is set yet. */
function wanting(page, show) {
  const { say, state } = page;
  const ask = button(say(state.linesFailure ? 'retry' : 'paste.show'), () => askLines(page, show));
  return h('p', { class: 'ps-row' }, state.linesFailure, ask);
}

async function askLines({ amo, state }, show) {
  try {
    state.lines = await amo.ask('GET', '/api/pbx/lines');
    state.linesFailure = '';
  } catch (refusal) {
    if (!refusal.kind) throw refusal;
    state.linesFailure = refusal.message;
  }
  show();
}

function steps(page, show) {
  const { say, state } = page;
  const { flavours } = state.lines;
  const wanted = state.pbxKind || state.check?.flavour;
  const kind = flavours.find((each) => each.name === wanted) || flavours[0];
  return [
    h('div', { class: 'ps-row', role: 'group', 'aria-label': say('paste.which') }, flavours.map(({ name }) => pick(page, name, kind, show))),
    h('ol', { class: 'ps-steps' }, installing(page, kind).map((each) => h('li', {}, each))),
    h(
      'details',
      { class: 'ps-fold' },
      h('summary', {}, say('paste.uninstall')),
      h('ol', { class: 'ps-steps' }, kind.uninstall.map((each) => h('li', {}, step(page, each)))),
    ),
  ];
}

/** The flavour that the test of the PBX has found is chosen and marked, until another one is. */
function pick({ say, state }, name, kind, show) {
  const chosen = () => {
    state.pbxKind = name;
    show();
    document.querySelector('input[name="ps-kind"]:checked').focus();
  };
  const input = h('input', { type: 'radio', name: 'ps-kind', checked: name === kind.name, onchange: chosen });
  return h('label', { class: 'ps-check' }, input, say(`paste.${name}`), name === state.check?.flavour && h('span', { class: 'ps-tag ps-ok' }, say('paste.proposed')));
}

function step({ say }, { message, text }) {
  return [h('p', {}, message), text && copied(say, text)];
}

function installing(page, { name, install }) {
  const { say, amo, state } = page;
  const { manager } = state.lines;
  const line = (text) => h('p', {}, text);
  const user = [
    line(say(`paste.${MANAGER[name] || MANAGER.other}`)),
    copied(say, manager),
    notes(page, manager).map(line),
    line(say('paste.permit', { host: new URL(amo.backend).hostname })),
  ];
  return [user, ...install.map((each) => step(page, each)), [line(say('paste.test'))]];
}

/** A secret made for these lines goes into the form at a press; a stored one is never shown. */
function notes(page, manager) {
  const { say, form } = page;
  const { username, secret } = credentials(manager);
  if (!secret) return [say('paste.stored_secret')];
  const take = () => {
    form.set('pbx.username', username);
    form.set('pbx.secret', secret);
    page.redraw('connection');
    form.fields.get('pbx.host').focus();
  };
  return [button(say('paste.take'), take)];
}

/** The user of the lines and its secret, where it is not the place of the stored one. */
export function credentials(manager) {
  const [, username] = /^\[([^\]]+)\]/m.exec(manager) || [];
  const [, secret] = /^secret = (\S+)$/m.exec(manager) || [];
  return { username, secret: secret === STORED ? null : secret };
}
