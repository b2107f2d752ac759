import { checkResult } from '../form/check-result.js';

/** The check of the PBX: runs when a button is pressed; its answer is kept for the whole page. */

/** Checks the address in the form, saved or not; `page.notify('check')` at the beginning and at the end. @param {import('../page/page.js').Page} page */
export async function runCheck(page) {
  const { amo, form, state } = page;
  if (state.isChecking) return;
  const sent = { pbx: form.draft.pbx() };
  Object.assign(state, { isChecking: true, checkFailure: null });
  page.notify('check');
  try {
    state.check = await amo.ask('POST', '/api/pbx/check', sent);
  } catch (refusal) {
    state.checkFailure = refusal;
  }
  state.isChecking = false;
  page.notify('check');
  if (state.checkFailure?.fields?.length) page.showErrors(state.checkFailure.fields, sent);
}

/** @param {Pick<import('../page/page.js').Page, 'say' | 'state'>} page */
export function pbxCheckResult({ say, state }) {
  return checkResult(say, { isRunning: state.isChecking, failure: state.checkFailure, answer: state.check });
}
