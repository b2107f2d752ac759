import { fill, h } from '../../ui/dom.js';
import { copyableText } from '../form/copyable-text.js';
import { button, section } from '../form/form.js';

/** The lines to paste on the PBX, made for this account: numbered steps, each with its text to copy, and how to remove them. */

const STORED = 'THE-STORED-SECRET'; // in the lines in place of a secret that is never shown
const MANAGER = { asterisk: 'asterisk_manager', other: 'freepbx_manager' };

export function pasteSection(page) {
  const { say, state, answer } = page;
  const place = h('div', { 'aria-live': 'polite' });
  const show = () => fill(place, state.lines ? steps(page, show) : showButton(page, show));
  page.onNews('check', 'paste', () => state.lines && show());
  show();
  if (!answer.pbx && !state.lines && !state.linesFailure) askLines(page, show);
  return section(say('paste.title'), say('paste.about'), place);
}

/** The service makes the lines on request, once for each visit; without a press where no PBX is set yet. */
function showButton(page, show) {
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

/** The flavour that the check of the PBX has found is chosen and marked, until the user chooses another. */
function pick({ say, state }, name, kind, show) {
  const chosen = () => {
    state.pbxKind = name;
    show();
    /** @type {HTMLElement | null} */ (document.querySelector('input[name="ps-kind"]:checked'))?.focus();
  };
  const input = h('input', { type: 'radio', name: 'ps-kind', checked: name === kind.name, onchange: chosen });
  return h('label', { class: 'ps-check' }, input, say(`paste.${name}`), name === state.check?.flavour && h('span', { class: 'ps-tag ps-ok' }, say('paste.proposed')));
}

function step({ say }, { message, text }) {
  return [h('p', {}, message), text && copyableText(say, text)];
}

function installing(page, { name, install }) {
  const { say, amo, state } = page;
  const { manager } = state.lines;
  const line = (text) => h('p', {}, text);
  const user = [
    line(say(`paste.${MANAGER[name] || MANAGER.other}`)),
    copyableText(say, manager),
    notes(page, manager).map(line),
    line(say('paste.permit', { host: new URL(amo.backend).hostname })),
  ];
  return [user, ...install.map((each) => step(page, each)), [line(say('paste.test'))]];
}

/** A button puts a new secret of these lines into the form; a stored one is never shown. */
function notes(page, manager) {
  const { say, form } = page;
  const { username, secret } = credentials(manager);
  if (!secret) return [say('paste.stored_secret')];
  const take = () => {
    form.set('pbx.username', username);
    form.set('pbx.secret', secret);
    page.redraw('connection');
    form.focus('pbx.host');
  };
  return [button(say('paste.take'), take)];
}

/** The AMI user of the lines and its secret; null in place of the stored one. @param {string} manager */
export function credentials(manager) {
  const [, username] = /^\[([^\]]+)\]/m.exec(manager) || [];
  const [, secret] = /^secret = (\S+)$/m.exec(manager) || [];
  return { username, secret: secret === STORED ? null : secret };
}
