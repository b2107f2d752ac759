import { h } from '../../ui/dom.js';
import { manyLines, text } from '../form/inputs.js';
import { field, section } from '../form/form.js';
import { orderedChoice } from '../form/ordered-choice.js';
import { asNumber, nameValueLines } from '../form/name-value-lines.js';
import { sitesSection } from './sites.js';

/** The tab Sites: the sites that may send callback requests, whom to call, how often, when, and how many at most. */

const AT = 'settings.callback';
const CHOICES = ['responsible', 'department', 'site', 'default'];
const TIMES = ['again_seconds', 'whole_seconds', 'tries_of_client', 'again_client_seconds', 'one_within_seconds'];
const LIMITS = ['number', 'address', 'site', 'account', 'in_flight'];

export function callbacksTab(page) {
  return [sitesSection(page), whom(page), times(page), fields(page), limits(page)];
}

function put({ form, say }, name, control, more = {}) {
  const hint = more.hint && say(`callbacks.${more.hint}`);
  return field(form, `${AT}.${name}`, { label: say(`callbacks.${name}`), hint }, control);
}

function number(page, name) {
  return put(page, name, text(page.form, `${AT}.${name}`, { number: true, inputmode: 'numeric' }));
}

function whom(page) {
  const { form, say } = page;
  const choices = CHOICES.map((value) => ({ value, label: say(`callbacks.by_${value}`) }));
  const target = text(form, `${AT}.target`, { empty: null, inputmode: 'numeric', placeholder: '600' });
  return section(
    say('callbacks.whom'),
    say('callbacks.whom_about'),
    put(page, 'order', orderedChoice(form, `${AT}.order`, choices, say)),
    put(page, 'target', target, { hint: 'target_hint' }),
  );
}

function times(page) {
  const { form, say } = page;
  const notice = text(form, `${AT}.notice`, { empty: null, class: 'ps-input ps-code', placeholder: 'custom/callback' });
  return section(
    say('callbacks.times'),
    null,
    h(
      'div',
      { class: 'ps-columns' },
      TIMES.map((name) => number(page, name)),
    ),
    quiet(page),
    put(page, 'notice', notice, { hint: 'notice_hint' }),
  );
}

/** The checkbox shows the hours; unchecked, there are none. */
function quiet(page) {
  const { form, say } = page;
  const hour = (name) => put(page, `quiet.${name}`, text(form, `${AT}.quiet.${name}`, { type: 'time' }));
  const hours = h('div', { class: 'ps-columns' }, hour('since'), hour('until'));
  const box = h('input', { type: 'checkbox', checked: form.get(`${AT}.quiet`) !== null });
  const show = () => (hours.hidden = !box.checked);
  box.addEventListener('change', () => {
    form.set(`${AT}.quiet`, box.checked ? { since: '21:00', until: '09:00' } : null);
    hours.querySelectorAll('input').forEach((each, index) => (each.value = ['21:00', '09:00'][index]));
    show();
  });
  show();
  return [h('label', { class: 'ps-check' }, box, say('callbacks.quiet.title')), hours];
}

/** amoCRM's own tracking fields need no line here: the service finds them by their codes. */
function fields(page) {
  const { form, say } = page;
  const lines = nameValueLines(form, `${AT}.fields`, { read: asNumber, placeholder: say('callbacks.fields_as') });
  return section(
    say('callbacks.fields_title'),
    say('callbacks.fields_about'),
    put(page, 'fields', lines, { hint: 'fields_hint' }),
  );
}

function limits(page) {
  const { form, say } = page;
  return section(
    say('callbacks.limits.title'),
    say('callbacks.limits_about'),
    h(
      'div',
      { class: 'ps-columns' },
      LIMITS.map((name) => number(page, `limits.${name}`)),
    ),
    put(page, 'allowed', manyLines(form, `${AT}.allowed`, { rows: 3 }), { hint: 'allowed_hint' }),
  );
}
