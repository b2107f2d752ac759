import { shortened } from '../popups/client-details.js';
import { button, field, redrawn } from '../ui/controls.js';
import { fill, h, icon } from '../ui/dom.js';

const CHOICE_OF = { free: 0, ringing: 1, talking: 2, unknown: 3, unreachable: 4 };
const UNDER_WAY = ['asked', 'consulting', 'done'];

/**
 * Passing a talk to a colleague: a list with live states to choose from, then what became of it. `tools`: amo, commands,
 * colleagues(), act(name, send). `shut()` closes the list and says whether it was open.
 */
export function createTransfer(call, { amo: { words }, commands, colleagues, act }) {
  const search = field(words('transfer.search'), { type: 'search', onInput: draw });
  const list = h('ul', { class: 'ps-colleagues' });
  const chooser = h('div', { class: 'ps-chooser', hidden: true }, search, list);
  const status = h('div', { class: 'ps-transfer', role: 'status' });
  const shown = { popup: null, busy: '', picked: 0 };
  let opener;

  function update(popup, busy) {
    Object.assign(shown, { popup, busy });
    if (popup.state !== 'talking' || isUnderWay()) chooser.hidden = true;
    draw();
  }

  function isUnderWay() {
    return UNDER_WAY.includes(shown.popup.details.transfer?.state);
  }

  function draw() {
    const { state, details } = shown.popup;
    redrawn(status, () => fill(status, state === 'talking' && details.transfer && told(details.transfer)), opener);
    if (!chooser.hidden) redrawn(list, () => fill(list, rows()), search);
  }

  function rows() {
    const found = matching(colleagues(), search.value);
    if (!found.length) return h('li', { class: 'ps-nobody ps-soft' }, words('transfer.nobody'));
    return found.map((colleague) => row(colleague, found.length === 1));
  }

  function row({ user_id: id, name, extension, state }, isOnly) {
    const isAway = state === 'unreachable';
    const isPicked = !isAway && (isOnly || shown.picked === id);
    const props = { class: 'ps-colleague-who', type: 'button', disabled: isAway, 'aria-expanded': String(isPicked), data: { act: `pick ${id}` } };
    const who = h(
      'button',
      { ...props, onClick: () => pick(isPicked ? 0 : id) },
      h('bdi', { class: 'ps-clip' }, shortened(name)),
      h('span', { class: 'ps-soft ps-number' }, extension),
      h('span', { class: 'ps-colleague-state' }, words(`transfer.${state}`)),
    );
    const ways = isPicked && h('div', { class: 'ps-row' }, pass(id, 'blind'), pass(id, 'attended'));
    return h('li', { class: 'ps-colleague', data: { state } }, who, ways);
  }

  function pick(id) {
    shown.picked = id;
    draw();
  }

  function pass(to, kind) {
    return step(kind, `transfer.${kind}`, () => commands.transfer(call, to, kind));
  }

  /** What became of a transfer that was asked for. */
  function told({ kind, to, state, reason }) {
    const isQuestion = kind === 'attended';
    const key = state === 'asked' && !isQuestion ? 'passing' : state;
    const complete = state === 'consulting' && step('complete', 'transfer.complete', () => commands.completeTransfer(call), 'ps-main');
    const cancel = isQuestion && ['asked', 'consulting'].includes(state) && step('cancel', 'transfer.cancel', () => commands.cancelTransfer(call));
    return [
      h('p', { class: 'ps-transfer-state' }, words(`transfer.${key}`), ' ', h('bdi', null, shortened(to?.name ?? ''))),
      state === 'failed' && h('p', { class: 'ps-error' }, words(`reasons.${reason ?? 'unknown'}`)),
      state === 'consulting' && h('p', { class: 'ps-soft' }, words('transfer.waits')),
      cancel && h('div', { class: 'ps-row' }, complete, cancel),
    ];
  }

  function step(name, key, send, look) {
    return button(name, () => act(name, send), { look, isBusy: shown.busy === name }, words(key));
  }

  function toggle(isOpen) {
    chooser.hidden = !isOpen;
    opener.setAttribute('aria-expanded', String(isOpen));
    search.value = '';
    pick(0);
    (isOpen ? search : opener).focus();
  }

  return {
    nodes: [status, chooser],
    update,
    shut() {
      const wasOpen = !chooser.hidden;
      if (wasOpen) toggle(false);
      return wasOpen;
    },
    button() {
      if (isUnderWay()) return null;
      const isOpen = !chooser.hidden;
      opener = button('transfer', () => toggle(chooser.hidden), { 'aria-expanded': String(isOpen) }, icon('transfer'), words('transfer.open'));
      return opener;
    },
  };
}

/** Colleagues whose name or extension holds what was typed; those who can answer now come first. */
export function matching(colleagues, typed) {
  const sought = typed.trim().toLowerCase();
  const found = colleagues.filter(({ name, extension }) => `${name} ${extension}`.toLowerCase().includes(sought));
  return found.sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
}

function rank({ state }) {
  return CHOICE_OF[state] ?? CHOICE_OF.unknown;
}
