import { clientFacts, clientHeading, clientLine, clientName, leadCard } from './client-details.js';
import { button, redrawn } from '../ui/controls.js';
import { fill, h, icon } from '../ui/dom.js';
import { duration, moment } from '../ui/format.js';
import { isLive } from '../stream/state.js';
import { createTransfer } from '../dialing/transfer.js';

const ICONS = { ringing: 'incoming', missed: 'missed', ended: 'check', failed: 'failed', calling: 'outgoing', dialling: 'outgoing', talking: 'call' };
const OURS = ['calling', 'dialling', 'talking'];
const WITH_OUTCOME = ['talking', 'ended'];
const HINTS = { calling: 'popups.pick_up', ringing: 'popups.answer' };

/**
 * One popup: `update(popup, isCompact)` shows what the call has become, `tick(now)` moves its timer (`now`: the backend's
 * clock, s). `tools`: amo, commands, drafts, colleagues(), dial(number), leave(call), saved(call), close(call), and createOutcome once
 * that part has been loaded.
 */
export function createPopup(call, tools) {
  const { amo, commands } = tools;
  const { words } = amo;
  const shown = { popup: null, isCompact: false, busy: '', problem: '' };
  const head = h('header', { class: 'ps-popup-head' });
  const client = h('div', { class: 'ps-popup-client' });
  const problem = h('p', { class: 'ps-popup-problem ps-error', role: 'alert' });
  const controls = h('div', { class: 'ps-popup-controls' });
  const transfer = createTransfer(call, { ...tools, act });
  const body = h('div', { class: 'ps-popup-body' }, client, transfer.nodes, problem, controls);
  const node = h('article', { class: 'ps-popup', tabindex: -1, onKeydown: escape }, head, body);
  let outcome = null;

  /** Carries out a command of this popup, one at a time; its refusal is said in the popup. */
  async function act(name, send) {
    if (shown.busy) return;
    show({ busy: name, problem: '' });
    const problem = await send().then(() => '', ({ message }) => message);
    show({ busy: '', problem });
  }

  function show(change) {
    Object.assign(shown, change);
    redrawn(node, draw, node);
  }

  function draw() {
    const { popup, isCompact, busy } = shown;
    const { state, details } = popup;
    node.dataset.state = state;
    node.setAttribute('aria-label', `${title(amo, popup)}: ${clientName(amo, details)}`);
    fill(head, headOf(popup));
    body.hidden = isCompact;
    fill(client, clientHeading(amo, details), clientLine(details), clientFacts(amo, details), leadCard(amo, details));
    fill(problem, shown.problem);
    transfer.update(popup, busy);
    fill(controls, hint(amo, popup), buttons(popup));
    drawOutcome(popup);
  }

  /** The form stands once it can: it keeps what is typed while all else is drawn anew. */
  function drawOutcome(popup) {
    const isNeeded = WITH_OUTCOME.includes(popup.state);
    if (isNeeded && !outcome && tools.createOutcome) body.append((outcome = tools.createOutcome(call, tools)).node);
    if (!outcome) return;
    outcome.node.hidden = !isNeeded;
    outcome.update(popup);
  }

  function headOf(popup) {
    return [
      h('span', { class: 'ps-popup-icon' }, icon(ICONS[popup.state])),
      shown.isCompact ? opener(popup) : h('h2', { class: 'ps-popup-title' }, title(amo, popup)),
      h('span', { class: 'ps-popup-timer ps-number', role: 'timer' }, timeOf(amo, popup)),
      button('close', leave, { look: 'ps-bare ps-popup-close', label: words('popups.close') }, icon('close')),
    ];
  }

  /** The heading of a popup that is folded; the focus in it unfolds it. */
  function opener(popup) {
    const name = h('bdi', { class: 'ps-popup-title' }, clientName(amo, popup.details));
    const props = { class: 'ps-popup-open', type: 'button', 'aria-expanded': 'false', onClick: () => node.focus() };
    return h('button', props, name, h('span', { class: 'ps-soft' }, title(amo, popup)));
  }

  function buttons({ state, details: { direction, number, phone } }) {
    const whom = number || phone;
    return [
      OURS.includes(state) && control('hangup', 'ps-danger', () => act('hangup', () => commands.hangup(call))),
      state === 'talking' && transfer.button(),
      state === 'failed' && whom && direction !== 'inbound' && control('again', 'ps-main', () => again(whom)),
      state === 'missed' && whom && control('call_back', 'ps-main', () => tools.dial(whom)),
    ];
  }

  function again(whom) {
    tools.close(call);
    tools.dial(whom);
  }

  function control(name, look, onClick) {
    return button(name, onClick, { look, isBusy: shown.busy === name }, icon('call'), words(`popups.${name}`));
  }

  function leave() {
    if (!outcome || outcome.mayLeave()) tools.close(call);
  }

  /** What goes on is closed by its button alone: with it the way to hang up would go. */
  function escape(event) {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    if (!transfer.shut() && !isLive(shown.popup)) leave();
  }

  return {
    node,
    leave,
    redraw: () => show({}),
    stop: () => outcome?.stop(),
    update(popup, isCompact) {
      if (popup === shown.popup && isCompact === shown.isCompact) return;
      show({ popup, isCompact, busy: '', problem: popup.state === shown.popup?.state ? shown.problem : '' });
    },
    tick(now) {
      const since = startOf(shown.popup);
      if (since) head.querySelector('.ps-popup-timer').textContent = duration(now - since);
    },
    drawColleagues: () => transfer.update(shown.popup, shown.busy),
    nudge() {
      node.classList.remove('ps-popup-nudged');
      node.getBoundingClientRect(); // so that the movement begins anew
      node.classList.add('ps-popup-nudged');
    },
  };
}

/** The popup's state in words. */
export function title({ words }, { state, details }) {
  return words(state === 'failed' && details.direction === 'inbound' ? 'popups.failed_inbound' : `popups.${state}`);
}

/** What the timer counts from: the answer of a talk, the beginning of a call that has not been answered. */
function startOf(popup) {
  if (!isLive(popup)) return null;
  return popup.state === 'talking' ? popup.details.answered_at : popup.details.at;
}

/** In the timer's place when nothing runs: how long the talk was, else when the call was. */
function timeOf({ language }, { state, details }) {
  if (state === 'ended') return duration(details.duration ?? 0);
  return state === 'missed' && details.at && moment(language, details.at);
}

function hint({ words }, { state, details }) {
  if (state === 'failed') return h('p', { class: 'ps-popup-reason' }, details.words ?? words(`reasons.${details.reason ?? 'unknown'}`));
  return HINTS[state] && h('p', { class: 'ps-popup-hint ps-soft' }, words(HINTS[state]));
}
