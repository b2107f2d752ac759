import { h } from '../../ui/dom.js';
import { check, checks } from '../form/inputs.js';
import { field, section } from '../form/form.js';
import { activeUsers } from './employees-tab.js';

/** The tab Notifications: which employees see missed calls, and when popups appear. */

const OPEN_LEAD = 'settings.open_lead_missed_to';

export function notificationsTab(page) {
  const { form, say, answer } = page;
  const people = activeUsers(answer);
  const gone = (id) => say('employees.unknown', { id });
  const yes = (path, name) =>
    form.draft.isKnown(path) && field(form, path, { label: say(name), hint: say(`${name}_hint`) }, check(form, path));
  return [
    section(
      say('notices.missed'),
      say('notices.missed_about'),
      field(
        form,
        'settings.missed_to',
        { label: say('notices.missed_to'), hint: say('notices.missed_to_hint') },
        checks(form, 'settings.missed_to', people, gone),
      ),
      field(
        form,
        OPEN_LEAD,
        { label: say('notices.open_lead'), hint: say('notices.open_lead_hint') },
        allOrSome(form, say, checks(form, OPEN_LEAD, people, gone)),
      ),
    ),
    section(
      say('notices.popups'),
      null,
      yes('settings.popup_on_ringing', 'notices.ringing'),
      yes('settings.announce_without_stream', 'notices.announce'),
    ),
  ];
}

/** null means all employees; choosing some begins with an empty list. */
function allOrSome(form, say, list) {
  const isSome = () => form.get(OPEN_LEAD) !== null;
  const boxes = () => [...list.node.querySelectorAll('input')];
  const choose = (some) => {
    list.node.hidden = !some;
    form.set(OPEN_LEAD, some ? [] : null);
    boxes().forEach((each) => (each.checked = false));
  };
  const radio = (some, label) => {
    const input = h('input', {
      type: 'radio',
      name: 'ps-everybody',
      checked: isSome() === some,
      onchange: () => choose(some),
    });
    return h('label', { class: 'ps-check' }, input, label);
  };
  list.node.hidden = !isSome();
  const node = h(
    'div',
    { role: 'group' },
    radio(false, say('notices.everybody')),
    radio(true, say('notices.some')),
    list.node,
  );
  return { ...list, node, focus: node.querySelector('input') };
}
