import { actionButton, labelledField, redrawKeepingFocus } from '../ui/controls.js';
import { fill, h, icon } from '../ui/dom.js';
import { shortened } from '../ui/format.js';

/** @import { Colleague, PhoneState, Popup, Transfer } from '../api' */

/** @type {Record<PhoneState, number>} */
const ORDER = { free: 0, ringing: 1, talking: 2, unknown: 3, unreachable: 4 };
const UNDER_WAY = ['asked', 'consulting', 'done'];

/**
 * Transferring a call to a colleague: a list with their phones' states to choose from, then the transfer's progress.
 * `colleagues()` are the colleagues now; `act(name, send)` carries out a command of the popup. `shut()` closes the list and says
 * whether it was open.
 * @param {string} call
 * @param {Pick<import('../popups/popup.js').PopupTools, 'amo' | 'commands' | 'colleagues'> & {act: import('../popups/popup.js').Act}} tools
 */
export function createTransfer(call, { amo: { words }, commands, colleagues, act }) {
  const search = labelledField(words('transfer.search'), { type: 'search', onInput: draw });
  const list = h('ul', { class: 'ps-colleagues' });
  const chooser = h('div', { class: 'ps-chooser', hidden: true }, search, list);
  const status = h('div', { class: 'ps-transfer', role: 'status' });
  /** @type {{popup: Popup | null, busy: string, picked: number}} */
  const shown = { popup: null, busy: '', picked: 0 };
  /** @type {HTMLButtonElement | undefined} */
  let opener;

  /** @param {Popup} popup @param {string} busy the name of the command that is under way, or '' */
  function update(popup, busy) {
    Object.assign(shown, { popup, busy });
    if (popup.state !== 'talking' || isUnderWay()) chooser.hidden = true;
    draw();
  }

  function isUnderWay() {
    return UNDER_WAY.includes(shown.popup?.details.transfer?.state ?? '');
  }

  function draw() {
    if (!shown.popup) return;
    const { state, details } = shown.popup;
    redrawKeepingFocus(status, () => fill(status, state === 'talking' && details.transfer && progress(details.transfer)), opener);
    if (!chooser.hidden) redrawKeepingFocus(list, () => fill(list, rows()), search);
  }

  function rows() {
    const found = matching(colleagues(), search.value);
    if (!found.length) return h('li', { class: 'ps-nobody ps-soft' }, words('transfer.nobody'));
    return found.map((colleague) => row(colleague, found.length === 1));
  }

  /** @param {Colleague} colleague @param {boolean} isOnly */
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
    const ways = isPicked && h('div', { class: 'ps-row' }, transferButton(id, 'blind'), transferButton(id, 'attended'));
    return h('li', { class: 'ps-colleague', data: { state } }, who, ways);
  }

  /** @param {number} id of the colleague, 0: nobody */
  function pick(id) {
    shown.picked = id;
    draw();
  }

  /** @param {number} to @param {'blind' | 'attended'} kind */
  function transferButton(to, kind) {
    return stepButton(kind, `transfer.${kind}`, () => commands.transfer(call, to, kind));
  }

  /** The state of a transfer that has begun, with its next steps. @param {Transfer} transfer */
  function progress({ kind, to, state, reason }) {
    const isAttended = kind === 'attended';
    const key = state === 'asked' && !isAttended ? 'passing' : state;
    const complete = state === 'consulting' && stepButton('complete', 'transfer.complete', () => commands.completeTransfer(call), 'ps-main');
    const cancel = isAttended && ['asked', 'consulting'].includes(state) && stepButton('cancel', 'transfer.cancel', () => commands.cancelTransfer(call));
    return [
      h('p', { class: 'ps-transfer-state' }, words(`transfer.${key}`), ' ', h('bdi', null, shortened(to?.name ?? ''))),
      state === 'failed' && h('p', { class: 'ps-error' }, words(`reasons.${reason ?? 'unknown'}`)),
      state === 'consulting' && h('p', { class: 'ps-soft' }, words('transfer.waits')),
      cancel && h('div', { class: 'ps-row' }, complete, cancel),
    ];
  }

  /** @param {string} name @param {string} key @param {() => Promise<unknown>} send @param {string} [look] */
  function stepButton(name, key, send, look) {
    return actionButton(name, () => act(name, send), { look, isBusy: shown.busy === name }, words(key));
  }

  /** @param {boolean} isOpen */
  function toggle(isOpen) {
    chooser.hidden = !isOpen;
    opener?.setAttribute('aria-expanded', String(isOpen));
    search.value = '';
    pick(0);
    (isOpen ? search : opener)?.focus();
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
      opener = actionButton('transfer', () => toggle(Boolean(chooser.hidden)), { 'aria-expanded': String(isOpen) }, icon('transfer'), words('transfer.open'));
      return opener;
    },
  };
}

/**
 * Colleagues whose name or extension contains `typed`; those who can answer now come first.
 * @param {Colleague[]} colleagues @param {string} typed
 */
export function matching(colleagues, typed) {
  const sought = typed.trim().toLowerCase();
  const found = colleagues.filter(({ name, extension }) => `${name} ${extension}`.toLowerCase().includes(sought));
  return found.sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
}

/** @param {Colleague} colleague */
function rank({ state }) {
  return ORDER[state] ?? ORDER.unknown;
}
