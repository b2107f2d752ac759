import { fill, h, icon } from '../ui/dom.js';
import { callItem } from './call-item.js';

/** @import { Call, Card, Popup, Refusal } from '../api' */
/** @import { State, StreamEvent } from '../stream/state.js' */

/**
 * @typedef {{entity: import('../api').Entity, id: number}} OpenCard
 * @typedef {Card & {card: OpenCard}} ShownCard
 */

/**
 * Our block in a card's right column: the client's numbers, their open missed calls, and their last calls. `show()` draws it for
 * the card that is open now, if any; it is asked for again when the page changes and when one of its client's calls is over.
 * @param {import('../amocrm.js').Amo} amo @param {import('../stream/stream.js').Stream} stream
 * @param {import('../dialing/click.js').Phone} phone @param {Pick<import('./missed-calls.js').Missed, 'open'>} missed
 */
export function createPanel(amo, stream, phone, missed) {
  const notice = h('p', { class: 'ps-panel-notice', role: 'status', hidden: true });
  /** @type {ShownCard | null} */
  let shown = null;
  /** @type {OpenCard | null} */
  let asking = null;

  function show() {
    const card = amo.card();
    if (!card) shown = null;
    else if (!isSame(card, asking)) ask(card);
  }

  /** @param {OpenCard} card */
  async function ask(card) {
    asking = card;
    const place = amo.cardPlace();
    if (!shown || !isSame(card, shown.card)) fill(place, notice, loading());
    try {
      const answer = await amo.ask('GET', `/api/card?entity=${card.entity}&id=${card.id}`);
      if (asking === card) draw(place, { card, ...answer });
    } catch (error) {
      if (asking === card) fill(place, notice, trouble(/** @type {Refusal} */ (error)));
    } finally {
      if (asking === card) asking = null;
    }
  }

  /** @param {Element} place @param {ShownCard} card */
  function draw(place, card) {
    shown = card;
    fill(place, notice, numbers(card), openMissed(card), lastCalls(card));
  }

  /** @param {ShownCard} card */
  function numbers({ phones }) {
    const none = h('p', { class: 'ps-soft' }, amo.words('panel.no_number'));
    return h('div', { class: 'ps-panel-numbers' }, phones.length ? phones.map(numberButton) : none);
  }

  /** @param {Card['phones'][0]} phone */
  function numberButton({ number, spoken }) {
    const label = amo.words('panel.call_number', { phone: spoken });
    const props = { type: 'button', class: 'ps-button', 'aria-label': label, onclick: () => phone.call(number) };
    return h('button', props, icon('call'), h('span', { class: 'ps-number' }, spoken));
  }

  /** @param {ShownCard} card */
  function openMissed({ card, missed: calls }) {
    if (!calls.length) return null;
    const all = h('button', { type: 'button', class: 'ps-button ps-bare', onclick: missed.open }, amo.words('panel.all_missed'));
    return h('section', { class: 'ps-panel-missed' }, h('h3', {}, amo.words('panel.open_missed')), list(card, calls), all);
  }

  /** @param {ShownCard} card */
  function lastCalls({ card, calls }) {
    const none = h('p', { class: 'ps-soft' }, amo.words('panel.no_calls'));
    return h('section', {}, h('h3', {}, amo.words('panel.last')), calls.length ? list(card, calls) : none);
  }

  /** @param {OpenCard} card @param {Call[]} calls */
  function list(card, calls) {
    const withLead = card.entity !== 'leads';
    return h('ul', { class: 'ps-calls' }, calls.map((call) => callItem(amo, call, { onCallBack: phone.call, withLead })));
  }

  function loading() {
    return h('p', { class: 'ps-soft', role: 'status' }, amo.words('panel.waiting'));
  }

  /** @param {Refusal} refusal */
  function trouble({ message }) {
    const again = h('button', { type: 'button', class: 'ps-button', onclick: show }, amo.words('panel.again'));
    return h('div', { class: 'ps-panel-trouble', role: 'alert' }, h('p', {}, message), again);
  }

  /** Why this user's calls do not appear on the screen, as far as it is known. @param {State} state */
  function drawNotice({ me }) {
    const isCut = me?.link === 'down' || me?.link === 'refused';
    const isAway = me?.link === 'up' && me.phone === 'unreachable';
    notice.hidden = !isCut && !isAway;
    fill(notice, isCut && amo.words('panel.no_line'), isAway && amo.words('panel.phone_away'));
  }

  /** @param {State} state @param {StreamEvent} event */
  function hear(state, { kind, data }) {
    drawNotice(state);
    if (shown && kind === 'popup' && isNewsOf(shown, data)) ask(shown.card);
  }

  drawNotice(stream.state);
  const undo = [amo.onPage(show), stream.on(hear)];
  amo.onTurnedOff(() => undo.forEach((each) => each()));
  return { show };
}

/** @param {OpenCard} card @param {OpenCard | null} other */
function isSame(card, other) {
  return other !== null && card.entity === other.entity && card.id === other.id;
}

/** A popup of this client whose call is over, but not among the calls already drawn as ended. @param {ShownCard} shown @param {Popup} popup */
function isNewsOf({ card, phones, calls }, { call, state, details }) {
  if (!['ended', 'failed', 'missed'].includes(state)) return false;
  const isClient = phones.some(({ number }) => number === details.number);
  const isLead = card.entity === 'leads' && details.lead?.id === card.id;
  return (isClient || isLead) && !calls.some((drawn) => drawn.call === call && drawn.result);
}
