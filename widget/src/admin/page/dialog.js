import { fill, h } from '../../ui/dom.js';
import { checklist } from './checklist.js';
import { button, link, section } from '../form/form.js';
import { stateMark } from '../form/status-list.js';
import { myItems } from './my-extension.js';

/** Our part of amoCRM's own dialog of the integration: the present state, what is missing, and the link to the full page. */

/** `body` is amoCRM's jQuery object or the node itself; what is in it already (its Save button too) stays below. @param {any} body @param {import('../../amocrm.js').Amo} amo */
export async function dialog(body, amo) {
  const place = body.jquery ? body[0] : body;
  const say = (key, values) => amo.words(`admin.${key}`, values);
  place.querySelector('.ps-dialog')?.remove();
  const shown = h('div');
  const consentBox = consent(place, amo, say);
  place.prepend(h('div', { class: 'phone-station ps-admin ps-dialog' }, shown, h('p', { class: 'ps-hint' }, link(say('help'), amo.ourPage('/'))), consentBox));
  const answer = await show(shown, amo, say);
  if (consentBox && answer) consentBox.hidden = !answer.is_admin;
}

async function show(place, amo, say) {
  fill(place, h('p', { class: 'ps-loading', role: 'status' }, say('loading')));
  try {
    const answer = await amo.ask('GET', '/api/settings');
    fill(place, ...drawn({ amo, say, answer }));
    return answer;
  } catch (refusal) {
    if (!refusal.kind) throw refusal;
    fill(place, ...refused(refusal, say, () => show(place, amo, say)));
    return null;
  }
}

function refused({ kind, message }, say, again) {
  if (kind === 'unknown_account') return [h('p', { class: 'ps-about' }, say('dialog.install'))];
  return [h('p', { class: 'ps-failed', role: 'alert' }, message), button(say('retry'), again)];
}

function drawn(view) {
  const { say, answer } = view;
  const state = section(say('dialog.state'), null, myItems(view));
  return answer.is_admin ? [state, missing(view)] : [state, h('p', { class: 'ps-about' }, say('dialog.ask_admin'))];
}

function missing({ amo, say, answer }) {
  const steps = checklist(answer);
  const left = steps.filter((each) => each.state !== 'ok').length;
  return section(
    say('dialog.steps'),
    left ? say('dialog.left', { count: left }) : say('dialog.ready'),
    h(
      'ol',
      { class: 'ps-lines' },
      steps.map((each) => stepLine(say, each)),
    ),
    h(
      'p',
      { class: 'ps-row' },
      h(
        'a',
        { class: 'ps-button ps-main js-navigate-link', href: `/settings/widgets/${amo.code}` },
        say('dialog.open'),
      ),
    ),
    h('p', { class: 'ps-hint' }, say('dialog.where')),
  );
}

function stepLine(say, { key, state }) {
  return h('li', { class: `ps-line ps-${state}` }, stateMark(say, state), h('span', {}, say(`step.${key}`)));
}

/** The checkbox for the required setting `consent`, which amoCRM keeps in a field of its own and reads at its `change` event. */
function consent(place, amo, say) {
  const kept = (place.closest('.widget_settings_block') || place).querySelector('input[name="consent"]');
  if (!kept) return null;
  const keep = () => {
    kept.value = box.checked ? '1' : '';
    kept.dispatchEvent(new Event('change', { bubbles: true }));
  };
  const box = h('input', { type: 'checkbox', checked: kept.value === '1', onchange: keep });
  const label = h('label', { class: 'ps-check' }, box, say('dialog.consent'));
  return h('div', { class: 'ps-consent' }, label, link(say('dialog.privacy'), amo.ourPage('/privacy')));
}
