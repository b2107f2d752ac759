import { clientName } from './client-details.js';
import { createCommands } from '../dialing/commands.js';
import { fill, h, on, root } from '../ui/dom.js';
import { createDrafts, isEmpty } from '../outcome/outcome-drafts.js';
import { hearers } from '../ui/listeners.js';
import { createPopup, title } from './popup.js';
import { isLive, openPopups } from '../stream/state.js';

const VISIBLE = 4;
const STAYS = { ended: 300, failed: 180 }; // s from the call's end, or beginning, until a popup that nobody touched goes by itself
const SAVED_STAYS = 1500; // ms

/**
 * The stack of popups in our corner: one per call, live calls nearest to the corner. `add(popup)` shows one that the stream
 * does not know yet (a click on its way), `replace(call, popup)` another in its place, `nudge(call)` draws the eye to one;
 * `onDial(listener)` hears which number is to be called, `useOutcome(create)` gives the form for what came of a call.
 */
export function createPopups(amo, stream) {
  const commands = createCommands(amo);
  const drafts = createDrafts(amo, localStorage);
  const own = new Map(); // popups of clicks, until the stream knows them: call → {popup, known: calls there were at the click}
  const views = new Map(); // call → {popup, state}
  const corner = { chosen: '', isAll: false, isTalking: false };
  const dials = hearers();

  const offline = h('p', { class: 'ps-popups-offline', role: 'status', hidden: true });
  const more = h('button', { class: 'ps-button ps-popups-more', type: 'button', onClick: () => turn({ isAll: !corner.isAll }) });
  const voice = h('p', { class: 'ps-hidden', 'aria-live': 'polite' });
  const stack = h('section', { class: 'ps-popups', 'aria-label': amo.words('popups.popups') }, offline, more, voice);
  const tools = {
    amo, commands, drafts, close,
    colleagues: () => stream.state.colleagues,
    dial: dials.tell,
    leave: (call) => views.get(call)?.popup.leave(),
    saved(call) {
      stream.share({ kind: 'saved', call });
      setTimeout(() => close(call), SAVED_STAYS);
    },
  };

  function open() {
    const { popups, closing } = stream.state;
    for (const [call, { known }] of own) if (popups[call] || isAnswered(popups, known)) own.delete(call);
    const clicks = [...own].map(([call, { popup }]) => [call, popup]);
    return openPopups({ popups: { ...popups, ...Object.fromEntries(clicks) }, closing }).filter((popup) => !isStale(popup));
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
    tellTalking(popups.some(({ state }) => state === 'talking'));
  }

  /** A call that has just ended is unfolded, unless the person is busy with another. */
  function choose(popups) {
    const ended = popups.find((popup) => !isLive(popup) && isLive(views.get(popup.call) ?? popup));
    const isBusy = views.get(corner.chosen)?.popup.node.contains(document.activeElement);
    if (ended && !isBusy) corner.chosen = ended.call;
  }

  function drawConnection(isCalling) {
    const { connection, trouble } = stream.state;
    offline.hidden = !isCalling || !['offline', 'refused'].includes(connection);
    fill(offline, connection === 'refused' ? trouble : amo.words('popups.offline'));
  }

  function put(popup, place, { chosen, isReplaced }) {
    const { call, state } = popup;
    const view = views.get(call) ?? make(call, isReplaced);
    const { node } = view.popup;
    node.style.order = place;
    node.hidden = place >= VISIBLE && !corner.isAll;
    view.popup.update(popup, !isLive(popup) && call !== chosen);
    view.popup.tick(clock());
    if (view.state === state) return;
    view.state = state;
    voice.textContent = `${title(amo, popup)}: ${clientName(amo, popup.details)}`;
  }

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

  function remove(call) {
    const { popup } = views.get(call);
    popup.stop();
    popup.node.remove();
    views.delete(call);
  }

  function touch(call) {
    if (!stream.state.touched[call]) stream.share({ kind: 'touched', call });
    if (corner.chosen !== call) turn({ chosen: call });
  }

  function turn(change) {
    Object.assign(corner, change);
    draw();
  }

  function drawCount(others) {
    more.hidden = others <= 0;
    more.setAttribute('aria-expanded', String(corner.isAll));
    fill(more, amo.words(corner.isAll ? 'popups.fewer' : 'popups.more', { count: others }));
  }

  function tellTalking(isTalking) {
    if (corner.isTalking !== isTalking) amo.inCall(isTalking);
    corner.isTalking = isTalking;
  }

  /** Closes it here and in the other tabs at once; the backend's refusal brings it back. */
  async function close(call) {
    if (own.delete(call) && isClick(call)) return draw();
    stream.share({ kind: 'closing', call });
    try {
      await commands.close(call);
      stream.share({ kind: 'closed', call });
    } catch ({ kind }) {
      stream.share({ kind: kind === 'not_found' ? 'closed' : 'kept', call });
    }
  }

  /** Once a second: timers go on, what is stale goes. */
  function tick() {
    views.forEach(({ popup }) => popup.tick(clock()));
    if (open().length !== views.size) draw();
  }

  function isStale({ call, state, details }) {
    const end = (details.answered_at ?? details.at) + (details.duration ?? 0);
    if (!(clock() - end > STAYS[state])) return false;
    return !stream.state.touched[call] && isEmpty(drafts.fields(call));
  }

  function clock() {
    return Date.now() / 1000 - stream.state.skew;
  }

  /** Escape with the focus nowhere leaves the newest call that is over. */
  function escape(event) {
    if (event.key !== 'Escape' || event.defaultPrevented || document.activeElement !== document.body) return;
    const newest = open().find((popup) => !isLive(popup));
    if (newest) views.get(newest.call).popup.leave();
  }

  drafts.forgetOld();
  root(document).append(stack);
  const timer = setInterval(tick, 1000);
  const ends = [
    stream.on((state, { kind }) => (kind === 'colleagues' ? views.forEach(({ popup }) => popup.drawColleagues()) : draw())),
    on(document, 'keydown', escape),
    () => clearInterval(timer),
    () => [...views.keys()].forEach(remove),
    () => tellTalking(false),
    () => stack.remove(),
  ];
  amo.onTurnedOff(() => ends.forEach((end) => end()));
  draw();

  return {
    add(popup) {
      own.set(popup.call, { popup, known: Object.keys(stream.state.popups) });
      draw();
    },
    replace(call, popup) {
      const { known } = own.get(call) ?? { known: Object.keys(stream.state.popups) };
      own.delete(call);
      own.set(popup.call, { popup, known });
      draw();
    },
    useOutcome(createOutcome) {
      tools.createOutcome = createOutcome;
      views.forEach(({ popup }) => popup.redraw());
    },
    nudge: (call) => views.get(call)?.popup.nudge(),
    onDial: dials.add,
  };
}

/** The name of a click's popup, while its call has none. */
export function clickName(request) {
  return `click ${request}`;
}

function isClick(call) {
  return call.startsWith('click ');
}

/** Whether the stream shows a call that a click has made since, before the click itself was answered. */
function isAnswered(popups, known) {
  return Object.values(popups).some(({ call, state }) => state === 'calling' && !known.includes(call));
}
