import { createTransfer } from '../dialing/transfer.js';
import { isLive } from '../stream/state.js';
import { actionButton, redrawKeepingFocus } from '../ui/controls.js';
import { fill, h, icon } from '../ui/dom.js';
import { duration, moment } from '../ui/format.js';
import { clientFacts, clientHeading, clientName, companyAndNumber, leadCard, otherClients } from './client-details.js';

/** @import { Amo } from '../amocrm.js' */
/** @import { Colleague, Popup, PopupState, Refusal } from '../api' */

/**
 * @typedef {ReturnType<typeof createPopup>} PopupView
 * @typedef {(name: string, send: () => Promise<unknown>) => Promise<void>} Act
 * @typedef {object} PopupTools
 * @property {Amo} amo
 * @property {import('../dialing/commands.js').Commands} commands
 * @property {import('../outcome/outcome-drafts.js').OutcomeDrafts} drafts
 * @property {() => Colleague[]} colleagues
 * @property {(number: string) => void} dial
 * @property {(call: string) => void} leave
 * @property {(call: string) => void} saved
 * @property {(call: string) => void} close
 * @property {CreateOutcome} [createOutcome] there once that part has been loaded
 * @typedef {typeof import('../outcome/outcome-form.js').createOutcome} CreateOutcome
 */

/** @type {Partial<Record<PopupState, string>>} */
const ICONS = { ringing: 'incoming', missed: 'missed', ended: 'check', failed: 'failed', calling: 'outgoing', dialling: 'outgoing', talking: 'call' };
const WITH_HANGUP = ['calling', 'dialling', 'talking'];
const WITH_OUTCOME = ['talking', 'ended'];
/** @type {Partial<Record<PopupState, string>>} */
const HINTS = { calling: 'popups.pick_up', ringing: 'popups.answer' };

/**
 * One popup: `update(popup, isCompact)` shows the call's present state, `tick(now)` moves its timer (`now`: the backend's clock, s).
 * @param {string} call @param {PopupTools} tools
 */
export function createPopup(call, tools) {
  const { amo, commands } = tools;
  const { words } = amo;
  /** @type {{popup: Popup | null, isCompact: boolean, busy: string, problem: string}} */
  const shown = { popup: null, isCompact: false, busy: '', problem: '' };
  const head = h('header', { class: 'ps-popup-head' });
  const client = h('div', { class: 'ps-popup-client' });
  const problemLine = h('p', { class: 'ps-popup-problem ps-error', role: 'alert' });
  const controls = h('div', { class: 'ps-popup-controls' });
  const transfer = createTransfer(call, { ...tools, act });
  const body = h('div', { class: 'ps-popup-body' }, client, transfer.nodes, problemLine, controls);
  const node = h('article', { class: 'ps-popup', tabindex: -1, onKeydown: escape }, head, body);
  /** @type {ReturnType<CreateOutcome> | null} */
  let outcome = null;

  /** Carries out a command of this popup, one at a time; its refusal is shown in the popup. @type {Act} */
  async function act(name, send) {
    if (shown.busy) return;
    show({ busy: name, problem: '' });
    const problem = await send().then(() => '', (/** @type {Refusal} */ { message }) => message);
    show({ busy: '', problem });
  }

  /** @param {Partial<typeof shown>} change */
  function show(change) {
    Object.assign(shown, change);
    const { popup } = shown;
    if (popup) redrawKeepingFocus(node, () => draw(popup), node);
  }

  /** @param {Popup} popup */
  function draw(popup) {
    const { isCompact, busy, problem } = shown;
    const { state, details } = popup;
    node.dataset.state = state;
    node.setAttribute('aria-label', `${title(amo, popup)}: ${clientName(amo, details)}`);
    fill(head, headOf(popup));
    body.hidden = isCompact;
    fill(
      client, clientHeading(amo, details), companyAndNumber(details), clientFacts(amo, details), leadCard(amo, details),
      otherClients(amo, details, (entity, id) => act('choose', () => commands.chooseClient(call, entity, id))),
    );
    fill(problemLine, problem);
    transfer.update(popup, busy);
    fill(controls, hint(amo, popup), buttons(popup));
    drawOutcome(popup);
  }

  /** The form keeps what is typed while everything else is redrawn. @param {Popup} popup */
  function drawOutcome(popup) {
    const isNeeded = WITH_OUTCOME.includes(popup.state);
    if (isNeeded && !outcome && tools.createOutcome) body.append((outcome = tools.createOutcome(call, tools)).node);
    if (!outcome) return;
    outcome.node.hidden = !isNeeded;
    outcome.update(popup);
  }

  /** @param {Popup} popup */
  function headOf(popup) {
    return [
      h('span', { class: 'ps-popup-icon' }, icon(ICONS[popup.state] ?? 'call')),
      shown.isCompact ? opener(popup) : h('h2', { class: 'ps-popup-title' }, title(amo, popup)),
      h('span', { class: 'ps-popup-timer ps-number', role: 'timer' }, timeOf(amo, popup)),
      actionButton('close', leave, { look: 'ps-bare ps-popup-close', label: words('popups.close') }, icon('close')),
    ];
  }

  /** The heading of a popup that is folded; the focus in it unfolds it. @param {Popup} popup */
  function opener(popup) {
    const name = h('bdi', { class: 'ps-popup-title' }, clientName(amo, popup.details));
    const props = { class: 'ps-popup-open', type: 'button', 'aria-expanded': 'false', onClick: () => node.focus() };
    return h('button', props, name, h('span', { class: 'ps-soft' }, title(amo, popup)));
  }

  /** @param {Popup} popup */
  function buttons({ state, details: { direction, number, phone } }) {
    const target = number || phone;
    return [
      WITH_HANGUP.includes(state) && control('hangup', 'ps-danger', () => act('hangup', () => commands.hangup(call))),
      state === 'talking' && transfer.button(),
      state === 'failed' && target && direction !== 'inbound' && control('again', 'ps-main', () => callAgain(target)),
      state === 'missed' && target && control('call_back', 'ps-main', () => tools.dial(target)),
    ];
  }

  /** @param {string} target */
  function callAgain(target) {
    tools.close(call);
    tools.dial(target);
  }

  /** @param {string} name @param {string} look @param {() => void} onClick */
  function control(name, look, onClick) {
    return actionButton(name, onClick, { look, isBusy: shown.busy === name }, icon('call'), words(`popups.${name}`));
  }

  function leave() {
    if (!outcome || outcome.mayLeave()) tools.close(call);
  }

  /** A live call's popup is closed by its button alone: it holds the button to hang up. @param {KeyboardEvent} event */
  function escape(event) {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    if (!transfer.shut() && shown.popup && !isLive(shown.popup)) leave();
  }

  return {
    node,
    leave,
    redraw: () => show({}),
    stop: () => outcome?.stop(),
    /** @param {Popup} popup @param {boolean} isCompact */
    update(popup, isCompact) {
      if (popup === shown.popup && isCompact === shown.isCompact) return;
      show({ popup, isCompact, busy: '', problem: popup.state === shown.popup?.state ? shown.problem : '' });
    },
    /** @param {number} now */
    tick(now) {
      const since = shown.popup && startOf(shown.popup);
      const timer = head.querySelector('.ps-popup-timer');
      if (since && timer) timer.textContent = duration(now - since);
    },
    drawColleagues: () => shown.popup && transfer.update(shown.popup, shown.busy),
    nudge() {
      node.classList.remove('ps-popup-nudged');
      node.getBoundingClientRect(); // so that the animation starts again
      node.classList.add('ps-popup-nudged');
    },
  };
}

/** The popup's state in words. @param {Amo} amo @param {Popup} popup */
export function title({ words }, { state, details }) {
  return words(state === 'failed' && details.direction === 'inbound' ? 'popups.failed_inbound' : `popups.${state}`);
}

/** What the timer counts from: the answer of a talk, the beginning of a call that is not answered yet. @param {Popup} popup */
function startOf(popup) {
  if (!isLive(popup)) return null;
  return popup.state === 'talking' ? popup.details.answered_at : popup.details.at;
}

/** In the timer's place when it does not run: how long the talk was, else when the call was. @param {Amo} amo @param {Popup} popup */
function timeOf({ locale }, { state, details }) {
  if (state === 'ended') return duration(details.duration ?? 0);
  return state === 'missed' && details.at && moment(locale, details.at);
}

/** @param {Amo} amo @param {Popup} popup */
function hint({ words }, { state, details }) {
  if (state === 'failed') return h('p', { class: 'ps-popup-reason' }, details.words ?? words(`reasons.${details.reason ?? 'unknown'}`));
  const key = HINTS[state];
  return key && h('p', { class: 'ps-popup-hint ps-soft' }, words(key));
}
