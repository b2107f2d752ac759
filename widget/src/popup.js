import { clientFacts, clientHeading, clientLine, clientName, leadCard } from './client.js';
import { fill, h, icon } from './dom.js';
import { duration } from './format.js';
import { createOutcome } from './outcome.js';
import { isLive } from './state.js';
import { createTransfer } from './transfer.js';

const ICONS = { ringing: 'incoming', missed: 'missed', ended: 'check', failed: 'close', calling: 'outgoing', dialling: 'outgoing', talking: 'call' };
const OUTCOME_IN = ['talking', 'ended'];

/**
 * One popup: `update(popup, isCompact)` shows what the call has become, `tick(now)` moves its timer (`now`: the backend's
 * clock, s). `tools`: amo, commands, drafts, colleagues(), dial(number), leave(call), saved(call), close(call).
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
  const outcome = createOutcome(call, tools);
  const body = h('div', { class: 'ps-popup-body' }, client, ...transfer.nodes, problem, controls, outcome.node);
  const node = h('article', { class: 'ps-popup', tabIndex: -1, data: { call } }, head, body);

  /** Carries out a command of this popup; its refusal is said in the popup. */
  async function act(name, send) {
    show({ busy: name, problem: '' });
    try {
      await send();
    } catch (refusal) {
      show({ busy: '', problem: refusal.message });
    }
  }

  function show(change) {
    Object.assign(shown, change);
    const kept = node.contains(document.activeElement) ? document.activeElement : null;
    draw(shown.popup);
    if (kept && !node.contains(kept)) (node.querySelector(`[data-act="${kept.dataset.act}"]`) ?? node).focus();
  }

  function draw(popup) {
    const { state, details } = popup;
    Object.assign(node.dataset, { state, compact: shown.isCompact });
    node.setAttribute('aria-label', `${title(amo, popup)}: ${clientName(amo, details)}`);
    fill(head, headOf(popup));
    fill(client, shown.isCompact ? [] : [clientHeading(amo, details), clientLine(details), clientFacts(amo, details), leadCard(amo, details)]);
    fill(problem, shown.problem);
    fill(controls, hint(amo, popup), buttons(popup));
    transfer.update(popup, shown.busy);
    body.hidden = shown.isCompact;
    outcome.node.hidden = !OUTCOME_IN.includes(state);
    if (!outcome.node.hidden) outcome.update(popup);
  }

  function headOf(popup) {
    const { state, details } = popup;
    return [
      h('span', { class: 'ps-popup-icon' }, icon(ICONS[state])),
      shown.isCompact
        ? h('button', { class: 'ps-popup-open', type: 'button', 'aria-expanded': 'false', data: { act: 'open' }, onClick: () => node.focus() },
            h('bdi', { class: 'ps-popup-title' }, clientName(amo, details)), h('span', { class: 'ps-soft' }, title(amo, popup)))
        : h('h2', { class: 'ps-popup-title' }, title(amo, popup)),
      h('span', { class: 'ps-popup-timer ps-number', role: 'timer' }, state === 'ended' && details.duration >= 0 && duration(details.duration)),
      h('button', { class: 'ps-button ps-bare ps-popup-close', type: 'button', 'aria-label': words('popups.close'), title: words('popups.close'), data: { act: 'close' }, onClick: leave },
        icon('close')),
    ];
  }

  function buttons({ state, details }) {
    const number = details.number || details.phone;
    const isOurs = ['calling', 'dialling', 'talking'].includes(state);
    return [
      isOurs && button('hangup', 'ps-danger', 'call', 'popups.hangup', () => act('hangup', () => commands.hangup(call))),
      state === 'talking' && transfer.button(),
      state === 'failed' && number && details.direction !== 'inbound' && button('dial', 'ps-main', 'call', 'popups.again', again),
      state === 'missed' && number && button('dial', 'ps-main', 'call', 'popups.call_back', () => tools.dial(number)),
    ];

    function again() {
      tools.close(call);
      tools.dial(number);
    }
  }

  function button(name, look, drawing, key, onClick) {
    const props = { class: `ps-button ${look}`, type: 'button', disabled: shown.busy === name, data: { act: name }, onClick };
    return h('button', props, icon(drawing), words(key));
  }

  /** Leaves the popup: a form with something typed asks first. */
  function leave() {
    if (outcome.mayLeave()) tools.close(call);
  }

  node.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return;
    event.preventDefault();
    event.stopPropagation();
    if (!transfer.shut()) leave();
  });

  return {
    node,
    leave,
    hasDraft: outcome.hasDraft,
    update(popup, isCompact) {
      if (popup === shown.popup && isCompact === shown.isCompact) return;
      show({ popup, isCompact, busy: '', problem: popup.state === shown.popup?.state ? shown.problem : '' });
    },
    tick(now) {
      const since = startOf(shown.popup);
      if (since) fill(head.querySelector('.ps-popup-timer'), duration(now - since));
    },
    drawColleagues: () => transfer.update(shown.popup, shown.busy),
    nudge() {
      node.classList.remove('ps-popup-nudged');
      node.getBoundingClientRect(); // so that the movement begins anew
      node.classList.add('ps-popup-nudged');
    },
    stop: outcome.stop,
  };
}

/** The popup's state in words. */
export function title(amo, { state, details }) {
  return amo.words(state === 'failed' && details.direction === 'inbound' ? 'popups.failed_inbound' : `popups.${state}`);
}

/** What the timer counts from: the answer of a talk, the beginning of a call that has not been answered. */
function startOf(popup) {
  if (!isLive(popup)) return null;
  return popup.state === 'talking' ? popup.details.answered_at : popup.details.at;
}

function hint(amo, { state, details }) {
  if (state === 'failed') return h('p', { class: 'ps-popup-reason' }, details.words ?? amo.words(`reasons.${details.reason ?? 'unknown'}`));
  const key = { calling: 'popups.pick_up', ringing: 'popups.answer' }[state];
  return key && h('p', { class: 'ps-popup-hint ps-soft' }, amo.words(key));
}
