import { fill, h } from '../../ui/dom.js';
import { result } from '../pbx/pbx-check.js';
import { button } from '../form/form.js';

/** The test of the source of recordings: asked at a press of a button with what stands in the form, saved or not. */

const AT = 'settings.recordings';
const KEY = `${AT}.host_key`;

export function trial(page, source) {
  const { say, state } = page;
  state.trial ??= {};
  const place = h('div', { 'aria-live': 'polite' });
  const start = button(say('connection.test'), () => run(page, state.trial), 'ps-main');
  const show = () => {
    start.disabled = Boolean(state.trial.isRunning);
    fill(place, result(say, state.trial), trust(page, state.trial.answer?.host_key));
  };
  page.hear('trial', 'recordings', show);
  show();
  return [h('p', { class: 'ps-row' }, start, h('span', { class: 'ps-soft' }, say(source === 'push' ? 'recordings.test_push' : 'recordings.test_about'))), place];
}

async function run(page, asked) {
  Object.assign(asked, { isRunning: true, failure: null, answer: null });
  page.tell('trial');
  try {
    asked.answer = await page.amo.ask('POST', '/api/recordings/check', { recordings: page.form.get(AT) });
  } catch (refusal) {
    asked.failure = refusal;
  }
  asked.isRunning = false;
  page.tell('trial');
  const wrong = asked.failure?.fields?.map(({ field, message }) => ({ field: `settings.${field}`, message }));
  if (wrong?.length) page.showErrors(wrong, page.form.draft.toSend());
}

/** The key that the server has shown goes into its field at a press. */
function trust(page, key) {
  const { form, say } = page;
  if (!key || key === form.get(KEY)) return null;
  const take = () => {
    form.set(KEY, key);
    page.redraw('recordings');
    form.fields.get(KEY).focus();
  };
  return h('p', { class: 'ps-row' }, h('code', { class: 'ps-code' }, key), button(say('recordings.trust'), take));
}
