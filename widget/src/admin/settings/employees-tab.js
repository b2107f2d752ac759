import { fill, h } from '../../ui/dom.js';
import { typedChips } from '../form/chips.js';
import { runCheck } from '../pbx/pbx-check.js';
import { choice, select } from '../form/inputs.js';
import { button, field, section, table } from '../form/form.js';
import { employeeRows, unassignedExtensions, withEmployee } from './employee-extensions.js';
import { stageOptions } from './stage-options.js';

/** The tab Employees: their extensions and phones, and to whom the other extensions belong. */

const PATH = 'settings.employees';

export function employeesTab(page) {
  const { form, say, answer } = page;
  const free = h('div', { class: 'ps-free', 'aria-live': 'polite' });
  const suggested = h('datalist', { id: 'ps-extensions' });
  const drawFree = () => {
    const left = freeExtensions(page);
    fill(free, offer(page, left));
    fill(
      suggested,
      left.map((each) => h('option', { value: each.extension })),
    );
  };
  const people = [{ value: null, label: say('employees.nobody') }, ...activeUsers(answer)];
  const nodes = [
    section(say('employees.title'), say('employees.about'), free, suggested, peopleTable(page, drawFree)),
    section(
      say('employees.others'),
      null,
      field(
        form,
        'settings.default_employee',
        { label: say('employees.default'), hint: say('employees.default_hint') },
        select(form, 'settings.default_employee', people),
      ),
    ),
  ];
  page.onNews('check', 'employees', drawFree);
  drawFree();
  return nodes;
}

export function activeUsers(answer) {
  return answer.users.filter((each) => each.is_active).map((each) => ({ value: each.id, label: each.name }));
}

function peopleTable(page, drawFree) {
  const { form, say, answer } = page;
  const columns = ['name', 'extensions', 'mobiles', 'stage'].map((each) => say(`employees.${each}`));
  const people = employeeRows(answer.users, form.get(PATH));
  if (!people.length) return h('p', { class: 'ps-empty' }, say('employees.empty'));
  const stages = stageOptions(answer.stages, say('employees.stage_as_set'), say('stage.first'));
  const drawn = people.map((each) => personRow(page, each, stages, drawFree));
  return table(say('employees.title'), columns, drawn, 'ps-people');
}

function personRow(page, person, stages, drawFree) {
  const { form, say } = page;
  const at = (name) => `${PATH}.#${person.id}${name ? `.${name}` : ''}`;
  const change = (name, value) => {
    form.set(PATH, withEmployee(form.get(PATH), person.id, { [name]: value }), at(name));
    drawFree();
  };
  const chips = (name, more) => typedChips({ values: person[name], say, changed: (now) => change(name, now), ...more });
  const cell = (name, control) =>
    field(form, at(name), { label: `${person.name}: ${say(`employees.${name}`)}`, bare: true }, control);
  const mobile = { separator: /[,;]+/, type: 'tel', placeholder: '+7…' };
  return [
    nameCell(page, person, at('')),
    cell('extensions', chips('extensions', { list: 'ps-extensions', placeholder: say('employees.extension_as') })),
    cell('mobiles', chips('mobiles', mobile)),
    cell(
      'stage',
      choice(stages, person.stage, (value) => change('stage', value)),
    ),
  ];
}

/** An error of the whole entry (the user is deleted) is shown under the name, with a button that removes the entry. */
function nameCell(page, person, path) {
  const { form, say } = page;
  const remove = () => {
    form.set(
      PATH,
      form.get(PATH).filter((each) => each.user_id !== person.id),
    );
    page.redraw('employees');
  };
  const gone = [
    h('span', { class: 'ps-tag ps-warn' }, say('employees.gone')),
    button(say('remove'), remove, 'ps-bare'),
  ];
  const node = h('span', { class: 'ps-person', tabindex: '-1' }, person.name, !person.isActive && gone);
  return field(form, path, { label: say('employees.name'), bare: true }, { node, isGroup: true });
}

function freeExtensions({ form, answer, state }) {
  const talked = answer.health?.unmapped_extensions || [];
  return unassignedExtensions(state.check?.endpoints || [], talked, form.get(PATH), answer.users);
}

/** Extensions without an employee, each with a list of employees to give it to. */
function offer(page, free) {
  const { say, state, answer } = page;
  const ask = answer.pbx && button(say(state.check ? 'employees.ask_again' : 'employees.ask'), () => runCheck(page));
  const busy = state.isChecking ? h('span', { class: 'ps-soft' }, say('check.running')) : failure(state);
  if (!free.length) {
    return h('p', { class: 'ps-row' }, ask, busy, state.check?.endpoints?.length ? say('employees.all_mapped') : '');
  }
  return [
    h('p', { class: 'ps-row' }, h('strong', {}, say('employees.free', { count: free.length })), ask, busy),
    h(
      'ul',
      { class: 'ps-free-list' },
      free.map((each) => freeRow(page, each)),
    ),
  ];
}

function failure({ check, checkFailure: refusal }) {
  const wrong =
    refusal?.message ||
    (check && !check.endpoints.length && check.lines.find((each) => each.state === 'fail')?.message);
  return wrong && h('span', { class: 'ps-error' }, wrong);
}

function freeRow(page, { extension, state, user }) {
  const { say, answer } = page;
  const give = (id) => id !== null && assign(page, id, extension);
  const whom = choice([{ value: null, label: say('employees.whose') }, ...activeUsers(answer)], null, give).node;
  whom.setAttribute('aria-label', say('employees.whose_is', { extension }));
  return h(
    'li',
    {},
    h('strong', {}, extension),
    state && h('span', { class: 'ps-soft' }, say(`phone.${state}`)),
    user && button(say('employees.is_of', { name: user.name }), () => give(user.id)),
    whom,
  );
}

function assign(page, userId, extension) {
  const { form } = page;
  const now = form.get(PATH);
  const { extensions = [] } = now.find((each) => each.user_id === userId) || {};
  form.set(PATH, withEmployee(now, userId, { extensions: [...extensions, extension] }));
  page.redraw('employees');
}
