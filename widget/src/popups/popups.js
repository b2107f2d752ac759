import { isClick } from '../dialing/click-name.js';
import { createCommands } from '../dialing/commands.js';
import { createDrafts, isEmpty } from '../outcome/outcome-drafts.js';
import { isLive, openPopups } from '../stream/state.js';
import { cornerOf, fill, h, on } from '../ui/dom.js';
import { createListeners } from '../ui/listeners.js';
import { clientName } from './client-details.js';
import { createPopup, title } from './popup.js';

/** @import { Popup, Refusal } from '../api' */
/** @import { PopupTools, PopupView } from './popup.js' */
/** @typedef {ReturnType<typeof createPopups>} Popups */

const VISIBLE = 4;
/** @type {Record<string, number>} */
const STAYS = { ended: 300, failed: 180 }; // s from the call's end, or beginning, until a popup that was not touched goes by itself
const SAVED_STAYS = 1500; // ms

/**
 * The stack of popups in our corner: one per call, live calls nearest to the corner. `add(popup)` shows one that the stream does
 * not know yet (of a click that has no answer), `replace(call, popup)` another in its place, `nudge(call)` draws the eye to one;
 * `onDial(listener)` gets the number to be called, `useOutcome(create)` takes the outcome's form.
 * @param {import('../amocrm.js').Amo} amo @param {import('../stream/stream.js').Stream} stream
 */
export function createPopups(amo, stream) {
  const commands = createCommands(amo);
  const drafts = createDrafts(amo, localStorage);
  /** @type {Map<string, {popup: Popup, known: string[]}>} */
  const clicks = new Map(); // popups of clicks until the stream knows them, by call; known: the calls there were at the click
  /** @type {Map<string, {popup: PopupView, state: string}>} */
  const views = new Map(); // by call
  const corner = { chosen: '', isAll: false, isTalking: false };
  /** @type {import('../ui/listeners.js').Listeners<[string]>} */
  const dials = createListeners();

  const offline = h('p', { class: 'ps-popups-offline', role: 'status', hidden: true });
  const more = h('button', { class: 'ps-button ps-popups-more', type: 'button', onClick: () => change({ isAll: !corner.isAll }) });
  const announcer = h('p', { class: 'ps-hidden', 'aria-live': 'polite' });
  const stack = h('section', { class: 'ps-popups', 'aria-label': amo.words('popups.popups') }, offline, more, announcer);
  /** @type {PopupTools} */
  const tools = {
    amo, commands, drafts, close,
    colleagues: () => stream.state.colleagues,
    dial: dials.notify,
    leave: (call) => views.get(call)?.popup.leave(),
    saved(call) {
      stream.share({ kind: 'saved', call });
      setTimeout(() => close(call), SAVED_STAYS);
    },
  };

  function open() {
    const { popups, closing } = stream.state;
    for (const [call, { known }] of clicks) if (popups[call] || isKnownByNow(popups, known)) clicks.delete(call);
    const ofClicks = [...clicks].map(([call, { popup }]) => [call, popup]);
    return openPopups({ popups: { ...popups, ...Object.fromEntries(ofClicks) }, closing }).filter((popup) => !isStale(popup));
  }

  function draw() {
    const popups = open();
    const calls = new Set(popups.map(({ call }) => call));
    const gone = [...views.keys()].filter((call) => !calls.has(call));
    const isReplaced = gone.some(isClick);
    gone.forEach(remove);
    choose(popups);
    const chosen = calls.has(corner.chosen) ? corner.chosen : popups[0]?.call;
    popups.forEach((popup, place) => put(popup, place, { chosen, isReplaced }));
    drawCount(popups.length - VISIBLE);
    drawConnection(popups.some(isLive));
    reportTalking(popups.some(({ state }) => state === 'talking'));
  }

  /** A call that has just ended is unfolded, unless the user is busy with another. @param {Popup[]} popups */
  function choose(popups) {
    const ended = popups.find((popup) => !isLive(popup) && isLive(/** @type {Popup} */ (views.get(popup.call) ?? popup)));
    const isBusy = views.get(corner.chosen)?.popup.node.contains(document.activeElement);
    if (ended && !isBusy) corner.chosen = ended.call;
  }

  /** @param {boolean} isCalling */
  function drawConnection(isCalling) {
    const { connection, trouble } = stream.state;
    offline.hidden = !isCalling || !['offline', 'refused'].includes(connection);
    fill(offline, connection === 'refused' ? trouble : amo.words('popups.offline'));
  }

  /** @param {Popup} popup @param {number} place @param {{chosen: string, isReplaced: boolean}} stackState */
  function put(popup, place, { chosen, isReplaced }) {
    const { call, state } = popup;
    const view = views.get(call) ?? make(call, isReplaced);
    const { node } = view.popup;
    node.style.order = String(place);
    node.hidden = place >= VISIBLE && !corner.isAll;
    view.popup.update(popup, !isLive(popup) && call !== chosen);
    view.popup.tick(clock());
    if (view.state === state) return;
    view.state = state;
    announcer.textContent = `${title(amo, popup)}: ${clientName(amo, popup.details)}`;
  }

  /** @param {string} call @param {boolean} isReplaced */
  function make(call, isReplaced) {
    const view = { popup: createPopup(call, tools), state: '' };
    const { node } = view.popup;
    node.classList.toggle('ps-popup-still', isReplaced);
    node.addEventListener('focusin', () => touch(call));
    node.addEventListener('pointerdown', () => touch(call));
    views.set(call, view);
    stack.append(node);
    return view;
  }

  /** @param {string} call */
  function remove(call) {
    const view = views.get(call);
    view?.popup.stop();
    view?.popup.node.remove();
    views.delete(call);
  }

  /** @param {string} call */
  function touch(call) {
    if (!stream.state.touched[call]) stream.share({ kind: 'touched', call });
    if (corner.chosen !== call) change({ chosen: call });
  }

  /** @param {Partial<typeof corner>} changed */
  function change(changed) {
    Object.assign(corner, changed);
    draw();
  }

  /** @param {number} others */
  function drawCount(others) {
    more.hidden = others <= 0;
    more.setAttribute('aria-expanded', String(corner.isAll));
    fill(more, amo.words(corner.isAll ? 'popups.fewer' : 'popups.more', { count: others }));
  }

  /** @param {boolean} isTalking */
  function reportTalking(isTalking) {
    if (corner.isTalking !== isTalking) amo.inCall(isTalking);
    corner.isTalking = isTalking;
  }

  /** Closes it here and in the other tabs at once; the backend's refusal brings it back. @param {string} call */
  async function close(call) {
    if (clicks.delete(call) && isClick(call)) return draw();
    stream.share({ kind: 'closing', call });
    try {
      await commands.close(call);
      stream.share({ kind: 'closed', call });
    } catch (error) {
      const { kind } = /** @type {Refusal} */ (error);
      stream.share({ kind: kind === 'not_found' ? 'closed' : 'kept', call });
    }
  }

  /** Once a second: moves the timers, removes stale popups. */
  function tick() {
    views.forEach(({ popup }) => popup.tick(clock()));
    if (open().length !== views.size) draw();
  }

  /** @param {Popup} popup */
  function isStale({ call, state, details }) {
    const end = (details.answered_at ?? details.at) + (details.duration ?? 0);
    if (!(clock() - end > STAYS[state])) return false;
    return !stream.state.touched[call] && isEmpty(drafts.fields(call));
  }

  function clock() {
    return Date.now() / 1000 - stream.state.skew;
  }

  /** Escape with the focus nowhere closes the newest call that is over. @param {KeyboardEvent} event */
  function escape(event) {
    if (event.key !== 'Escape' || event.defaultPrevented || document.activeElement !== document.body) return;
    const newest = open().find((popup) => !isLive(popup));
    if (newest) views.get(newest.call)?.popup.leave();
  }

  drafts.forgetOld();
  cornerOf(document).append(stack);
  const timer = setInterval(tick, 1000);
  const ends = [
    stream.on((state, { kind }) => (kind === 'colleagues' ? views.forEach(({ popup }) => popup.drawColleagues()) : draw())),
    on(document, 'keydown', escape),
    () => clearInterval(timer),
    () => [...views.keys()].forEach(remove),
    () => reportTalking(false),
    () => stack.remove(),
  ];
  amo.onTurnedOff(() => ends.forEach((end) => end()));
  draw();

  return {
    /** @param {Popup} popup */
    add(popup) {
      clicks.set(popup.call, { popup, known: Object.keys(stream.state.popups) });
      draw();
    },
    /** @param {string} call @param {Popup} popup */
    replace(call, popup) {
      const { known } = clicks.get(call) ?? { known: Object.keys(stream.state.popups) };
      clicks.delete(call);
      clicks.set(popup.call, { popup, known });
      draw();
    },
    /** @param {import('./popup.js').CreateOutcome} createOutcome */
    useOutcome(createOutcome) {
      tools.createOutcome = createOutcome;
      views.forEach(({ popup }) => popup.redraw());
    },
    /** @param {string} call */
    nudge: (call) => views.get(call)?.popup.nudge(),
    onDial: dials.add,
  };
}

/**
 * Whether the stream shows a call that came of a click since, before the click's own request was answered.
 * @param {Record<string, Popup>} popups @param {string[]} known
 */
function isKnownByNow(popups, known) {
  return Object.values(popups).some(({ call, state }) => state === 'calling' && !known.includes(call));
}
