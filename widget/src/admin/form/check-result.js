import { h } from '../../ui/dom.js';
import { stateMark } from './status-list.js';

/**
 * The answer of a check of the PBX or of the recordings' source (docs/api.md, **Check**).
 * @typedef {{what: string, state: import('./status-list.js').State, message: string}} CheckLine
 * @typedef {{ok: boolean, lines: CheckLine[], version?: string, [more: string]: any}} CheckAnswer
 */

/**
 * A check that runs, has failed or has been answered: the verdict, then a line for each thing, with what to do where it is wrong.
 * @param {import('../../amocrm.js').Words} say
 * @param {{isRunning?: boolean, failure?: import('../../api').Refusal | null, answer?: CheckAnswer | null}} check
 */
export function checkResult(say, { isRunning, failure, answer }) {
  if (isRunning) return h('p', { class: 'ps-verdict', role: 'status' }, say('check.running'));
  if (failure) return h('p', { class: 'ps-verdict ps-fail', role: 'alert' }, failure.message);
  if (!answer) return null;
  const { ok, lines, version } = answer;
  const warns = lines.some((each) => each.state === 'warn');
  const verdict = ok ? (warns ? 'warn' : 'ok') : 'fail';
  return h(
    'div',
    { class: 'ps-result' },
    h(
      'p',
      { class: `ps-verdict ps-${verdict}`, role: 'status' },
      say(`check.${verdict}`),
      version && h('span', { class: 'ps-soft' }, version),
    ),
    h(
      'ul',
      { class: 'ps-lines' },
      lines.map((each) => resultLine(say, each)),
    ),
  );
}

/** A thing that a newer service checks and these words have no name for is shown without one. @param {import('../../amocrm.js').Words} say @param {CheckLine} line */
function resultLine(say, { what, state, message }) {
  const key = `check.what.${what}`;
  const name = say(key);
  return h(
    'li',
    { class: `ps-line ps-${state}` },
    stateMark(say, state),
    h('div', {}, !name.endsWith(key) && h('strong', {}, name), h('p', {}, message)),
  );
}
