import { fill, h } from '../dom.js';
import { copied } from './copied.js';
import { button, section } from './form.js';

/** What to put on the PBX, made for this account: numbered steps, each with its file and its text to copy. */

const KINDS = ['asterisk', 'freepbx'];
const COMMANDS = 'asterisk -rx "manager reload"\nasterisk -rx "dialplan reload"';
const STORED = 'THE-STORED-SECRET'; // stands in the lines for a secret that is never shown

export function paste(page) {
  const { say, state, answer } = page;
  const place = h('div', { 'aria-live': 'polite' });
  const show = () => fill(place, state.lines ? steps(page, show) : wanting(page, show));
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
  const kind = state.pbxKind || KINDS[0];
  const pick = (value) => {
    const chosen = () => {
      state.pbxKind = value;
      show();
      document.querySelector('input[name="ps-kind"]:checked').focus();
    };
    const input = h('input', { type: 'radio', name: 'ps-kind', checked: kind === value, onchange: chosen });
    return h('label', { class: 'ps-check' }, input, say(`paste.${value}`));
  };
  return [
    h('div', { class: 'ps-row', role: 'group', 'aria-label': say('paste.which') }, KINDS.map(pick)),
    h(
      'ol',
      { class: 'ps-steps' },
      numbered(page, kind).map((each) => h('li', {}, each)),
    ),
  ];
}

function numbered(page, kind) {
  const { say, amo, state } = page;
  const { manager, dialplan } = state.lines;
  const host = new URL(amo.backend).hostname;
  const line = (text) => h('p', {}, text);
  return [
    [
      line(say(`paste.${kind}_manager`)),
      copied(say, manager),
      notes(page, manager).map(line),
      line(say('paste.permit', { host })),
    ],
    [line(say(`paste.${kind}_dialplan`)), copied(say, dialplan)],
    [line(say(`paste.${kind}_reload`)), copied(say, COMMANDS)],
    ...(kind === 'asterisk' ? [[line(say('paste.transfer'))]] : []),
    [line(say('paste.test'))],
  ];
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
