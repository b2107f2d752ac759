import { h } from '../../ui/dom.js';
import { mark } from '../health/health-items.js';

/** The test of the PBX: asked once at a press of a button, its answer kept for the whole page. */

/** Asks with the form's own address, saved or not; everybody who shows the test hears of its beginning and its end. */
export async function runCheck(page) {
  const { amo, form, state } = page;
  if (state.isChecking) return;
  const asked = { pbx: form.draft.pbx() };
  Object.assign(state, { isChecking: true, checkFailure: null });
  page.tell('check');
  try {
    state.check = await amo.ask('POST', '/api/pbx/check', asked);
  } catch (refusal) {
    state.checkFailure = refusal;
  }
  state.isChecking = false;
  page.tell('check');
  if (state.checkFailure?.fields?.length) page.showErrors(state.checkFailure.fields, asked);
}

/** What the test of the PBX said. */
export function checkResult({ say, state }) {
  return result(say, { isRunning: state.isChecking, failure: state.checkFailure, answer: state.check });
}

/** A test that runs, has failed or has answered: the verdict, then a line for each thing, with what to do where it is not right. */
export function result(say, { isRunning, failure, answer }) {
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

/** What a newer service has found and these words have no name for stands without one. */
function resultLine(say, { what, state, message }) {
  const key = `check.what.${what}`;
  const name = say(key);
  return h(
    'li',
    { class: `ps-line ps-${state}` },
    mark(say, state),
    h('div', {}, !name.endsWith(key) && h('strong', {}, name), h('p', {}, message)),
  );
}
