import { callItem } from './call-item.js';
import { fill, h, icon } from '../ui/dom.js';

/**
 * Our block in a card's right column: the client's numbers, his open missed calls, and his last calls. `show()` draws it for
 * the card that is open now, if any; it is asked again when the page changes and when one of its client's calls is over.
 */
export function createPanel(amo, stream, phone, missed) {
  const notice = h('p', { class: 'ps-panel-notice', role: 'status', hidden: true });
  let shown = null; // the card and what the backend told of it
  let asking = null;

  function show() {
    const card = amo.card();
    if (!card) shown = null;
    else if (!isSame(card, asking)) ask(card);
  }

  async function ask(card) {
    asking = card;
    const place = amo.cardPlace();
    if (!isSame(card, shown?.card)) fill(place, notice, waiting());
    try {
      const told = await amo.ask('GET', `/api/card?entity=${card.entity}&id=${card.id}`);
      if (asking === card) draw(place, card, told);
    } catch (refusal) {
      if (asking === card) fill(place, notice, trouble(refusal));
    } finally {
      if (asking === card) asking = null;
    }
  }

  function draw(place, card, told) {
    shown = { card, ...told };
    fill(place, notice, numbers(told.phones), openMissed(told.missed), lastCalls(told.calls));
  }

  function numbers(phones) {
    const none = h('p', { class: 'ps-soft' }, amo.words('panel.no_number'));
    return h('div', { class: 'ps-panel-numbers' }, phones.length ? phones.map(numberButton) : none);
  }

  function numberButton({ number, spoken }) {
    const label = amo.words('panel.call_number', { phone: spoken });
    const props = { type: 'button', class: 'ps-button', 'aria-label': label, onclick: () => phone.call(number) };
    return h('button', props, icon('call'), h('span', { class: 'ps-number' }, spoken));
  }

  function openMissed(calls) {
    if (!calls.length) return null;
    const all = h('button', { type: 'button', class: 'ps-button ps-bare', onclick: missed.open }, amo.words('panel.all_missed'));
    return h('section', { class: 'ps-panel-missed' }, h('h3', {}, amo.words('panel.open_missed')), list(calls), all);
  }

  function lastCalls(calls) {
    const none = h('p', { class: 'ps-soft' }, amo.words('panel.no_calls'));
    return h('section', {}, h('h3', {}, amo.words('panel.last')), calls.length ? list(calls) : none);
  }

  function list(calls) {
    const withLead = shown.card.entity !== 'leads';
    return h('ul', { class: 'ps-calls' }, calls.map((call) => callItem(amo, call, { onCallBack: phone.call, withLead })));
  }

  function waiting() {
    return h('p', { class: 'ps-soft', role: 'status' }, amo.words('panel.waiting'));
  }

  function trouble({ message }) {
    const again = h('button', { type: 'button', class: 'ps-button', onclick: show }, amo.words('panel.again'));
    return h('div', { class: 'ps-panel-trouble', role: 'alert' }, h('p', {}, message), again);
  }

  /** What keeps this person's calls from the screen, as far as it is known. */
  function drawNotice({ me }) {
    const isCut = ['down', 'refused'].includes(me?.link);
    const isAway = me?.link === 'up' && me.phone === 'unreachable';
    notice.hidden = !isCut && !isAway;
    fill(notice, isCut && amo.words('panel.no_line'), isAway && amo.words('panel.phone_away'));
  }

  function hear(state, { kind, data }) {
    drawNotice(state);
    if (shown && kind === 'popup' && isNewsOf(shown, data)) ask(shown.card);
  }

  drawNotice(stream.state);
  const undo = [amo.onPage(show), stream.on(hear)];
  amo.onTurnedOff(() => undo.forEach((each) => each()));
  return { show };
}

function isSame(card, other) {
  return Boolean(other) && card.entity === other.entity && card.id === other.id;
}

/** A popup of this client whose call is over, but not among the calls already drawn as ended. */
function isNewsOf({ card, phones, calls }, { call, state, details }) {
  if (!['ended', 'failed', 'missed'].includes(state)) return false;
  const isClient = phones.some(({ number }) => number === details.number);
  const isLead = card.entity === 'leads' && details.lead?.id === card.id;
  return (isClient || isLead) && !calls.some((drawn) => drawn.call === call && drawn.result);
}
