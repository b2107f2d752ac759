import { fill, h } from '../../ui/dom.js';
import { checkResult } from '../form/check-result.js';
import { button } from '../form/form.js';

/** The check of the recordings' source: runs when its button is pressed, on what is in the form, saved or not. */

const AT = 'settings.recordings';
const KEY = `${AT}.host_key`;

/** @param {import('../page/page.js').Page} page @param {string} source */
export function sourceCheck(page, source) {
  const { say, state } = page;
  state.sourceCheck ??= {};
  const place = h('div', { 'aria-live': 'polite' });
  const start = button(say('connection.test'), () => run(page, state.sourceCheck), 'ps-main');
  const show = () => {
    start.disabled = Boolean(state.sourceCheck.isRunning);
    fill(place, checkResult(say, state.sourceCheck), trustButton(page, state.sourceCheck.answer?.host_key));
  };
  page.onNews('sourceCheck', 'recordings', show);
  show();
  return [h('p', { class: 'ps-row' }, start, h('span', { class: 'ps-soft' }, say(source === 'push' ? 'recordings.test_push' : 'recordings.test_about'))), place];
}

/** @param {import('../page/page.js').Page} page @param {any} check its state, kept for the whole page */
async function run(page, check) {
  Object.assign(check, { isRunning: true, failure: null, answer: null });
  page.notify('sourceCheck');
  try {
    check.answer = await page.amo.ask('POST', '/api/recordings/check', { recordings: page.form.get(AT) });
  } catch (refusal) {
    check.failure = refusal;
  }
  check.isRunning = false;
  page.notify('sourceCheck');
  const wrong = check.failure?.fields?.map(({ field, message }) => ({ field: `settings.${field}`, message }));
  if (wrong?.length) page.showErrors(wrong, page.form.draft.toSend());
}

/** Puts the key that the server has shown into its field. @param {import('../page/page.js').Page} page @param {string | undefined} key */
function trustButton(page, key) {
  const { form, say } = page;
  if (!key || key === form.get(KEY)) return null;
  const take = () => {
    form.set(KEY, key);
    page.redraw('recordings');
    form.focus(KEY);
  };
  return h('p', { class: 'ps-row' }, h('code', { class: 'ps-code' }, key), button(say('recordings.trust'), take));
}
