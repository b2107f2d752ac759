import { h } from '../dom.js';
import { button, section } from './form.js';

/** What to put on the PBX, made for this account: numbered steps, each with its file and its text to copy. */

const KINDS = ['asterisk', 'freepbx'];
const COPIED = 2000; // ms for which the button says so

export function paste(page) {
  const { say, state } = page;
  return section(say('paste.title'), say('paste.about'), state.lines ? steps(page) : wanting(page));
}

/** The lines are made by the service when they are asked for, once for each visit; by itself where no PBX is set yet. */
function wanting(page) {
  const { say, state, answer } = page;
  if (!answer.pbx && state.linesFailure === undefined) {
    state.linesFailure = null;
    askLines(page);
  }
  if (state.linesFailure) return h('p', { class: 'ps-row' }, state.linesFailure, button(say('retry'), () => askLines(page)));
  return h('p', { class: 'ps-row' }, button(say('paste.show'), () => askLines(page)));
}

async function askLines(page) {
  try {
    page.state.lines = await page.amo.ask('GET', '/api/pbx/lines');
    page.state.linesFailure = null;
  } catch ({ message }) {
    page.state.linesFailure = message;
  }
  page.redraw('connection');
}

function steps(page) {
  const { say, state } = page;
  const kind = state.pbxKind || 'asterisk';
  const pick = (value) => {
    const chosen = () => {
      state.pbxKind = value;
      page.redraw('connection');
    };
    const input = h('input', { type: 'radio', name: 'ps-kind', checked: kind === value, onchange: chosen });
    return h('label', { class: 'ps-check' }, input, say(`paste.${value}`));
  };
  const { manager, dialplan } = state.lines;
  return [
    h('div', { class: 'ps-row', role: 'group', 'aria-label': say('paste.which') }, KINDS.map(pick)),
    h(
      'ol',
      { class: 'ps-steps' },
      step(say, `paste.${kind}_manager`, manager),
      step(say, `paste.${kind}_dialplan`, dialplan),
      step(say, `paste.${kind}_reload`, say(`paste.${kind}_reload_command`)),
      step(say, 'paste.test'),
    ),
  ];
}

function step(say, key, text) {
  return h('li', {}, h('p', {}, say(key)), text && block(say, text));
}

/** A text with a button that copies it; where the clipboard is closed to us, the text is selected instead. */
function block(say, text) {
  const code = h('pre', { class: 'ps-code', tabindex: '0' }, text);
  const copy = button(say('paste.copy'), async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = say('paste.copied');
    } catch {
      getSelection().selectAllChildren(code);
      copy.textContent = say('paste.selected');
    }
    setTimeout(() => (copy.textContent = say('paste.copy')), COPIED);
  });
  return h('div', { class: 'ps-block' }, code, copy);
}
