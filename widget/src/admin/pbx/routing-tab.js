import { h } from '../../ui/dom.js';
import { check, select, text } from '../form/inputs.js';
import { field, section } from '../form/form.js';

/** The tab Routing: whose phone rings first when a client calls, where the call goes then, and how the client's name is shown on phones. */

const AT = 'settings.routing';
const QUEUE = { context: 'from-internal', extension: '' }; // the first values of the queue's fields

export function routingTab(page) {
  return [first(page), names(page), copy(page)];
}

function put({ form, say }, name, control, hint = true) {
  const words = `routing.${name.replace('.', '_')}`;
  return field(form, `${AT}.${name}`, { label: say(words), hint: hint && say(`${words}_hint`) }, control);
}

function line(page, name, more) {
  return text(page.form, `${AT}.${name}`, more);
}

function number(page, name) {
  return put(page, name, line(page, name, { number: true, inputmode: 'numeric', maxlength: '6' }));
}

function first(page) {
  const { form, say } = page;
  return section(
    say('routing.first'),
    say('routing.first_about'),
    put(page, 'rings_responsible', check(form, `${AT}.rings_responsible`)),
    number(page, 'ring_seconds'),
    then(page),
  );
}

/** The dialled number's own destination (null), or one queue for all numbers. */
function then(page) {
  const { form, say } = page;
  const path = `${AT}.then`;
  const inner = (name) => put(page, `then.${name}`, line(page, `then.${name}`, { class: 'ps-input ps-code' }));
  const queue = h('div', { class: 'ps-columns ps-inner' }, inner('context'), inner('extension'));
  const choose = (isQueue) => {
    form.set(path, isQueue ? QUEUE : null);
    queue.querySelectorAll('input').forEach((each, index) => (each.value = Object.values(QUEUE)[index]));
    queue.hidden = !isQueue;
  };
  const isQueue = form.get(path) !== null;
  const radio = (value, label) => {
    const input = h('input', { type: 'radio', name: 'ps-then', checked: isQueue === value, onchange: () => choose(value) });
    return h('label', { class: 'ps-check' }, input, label);
  };
  queue.hidden = !isQueue;
  const node = h('div', { role: 'group' }, radio(false, say('routing.then_own')), radio(true, say('routing.then_queue')));
  return [put(page, 'then', { node, focus: node.querySelector('input'), isGroup: true }, false), queue];
}

function names(page) {
  const { form, say } = page;
  const ways = ['as_is', 'latin'].map((value) => ({ value, label: say(`routing.names_${value}`) }));
  return section(
    say('routing.name'),
    say('routing.name_about'),
    h('div', { class: 'ps-columns' }, put(page, 'names', select(form, `${AT}.names`, ways)), put(page, 'shown_prefix', line(page, 'shown_prefix', { inputmode: 'numeric' }))),
  );
}

function copy(page) {
  const { say } = page;
  return section(say('routing.copy'), say('routing.copy_about'), number(page, 'copied'));
}
