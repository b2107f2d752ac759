import { createCommands, uuid } from './commands.js';
import { clickName } from '../popups/popups.js';

const DOUBLE = 1000; // ms; a second click on the same number within that is the same click
const HINTED = ['no_extension', 'phone_unreachable', 'pbx_not_connected', 'unknown_account'];

/** Calls by click: amoCRM's phone menu, and `call(number)` for our own buttons. The employee's phone rings first. */
export function createPhone(amo, stream, popups) {
  const commands = createCommands(amo);
  let click = null; // the one on its way: its popup's name
  let last = { number: '', at: 0 };

  async function call(number) {
    const underWay = click ?? ownCall(stream.state.popups);
    if (underWay) return popups.nudge(underWay);
    if (isDouble(number)) return;
    const popup = { call: clickName(uuid()), state: 'calling', serial: 0, details: { direction: 'outbound', phone: number, at: now() } };
    click = popup.call;
    popups.add(popup);
    popups.replace(popup.call, await asked(popup, number));
    click = null;
  }

  /** The popup as it is after the backend's answer. */
  async function asked(popup, number) {
    try {
      const { call: name, state } = await commands.call(number);
      return { ...popup, call: name, state };
    } catch (refusal) {
      return { ...popup, state: 'failed', details: { ...popup.details, words: said(refusal) } };
    }
  }

  function said({ kind, message }) {
    return HINTED.includes(kind) ? `${message}. ${amo.words(`phone.${kind}`)}` : message;
  }

  function isDouble(number) {
    const isSame = number === last.number && Date.now() - last.at < DOUBLE;
    last = { number, at: Date.now() };
    return isSame;
  }

  function now() {
    return Date.now() / 1000 - stream.state.skew;
  }

  const ends = [amo.onPhone(({ phone }) => call(phone)), popups.onDial(call)];
  amo.onTurnedOff(() => ends.forEach((end) => end()));

  return { call };
}

/** The call that this person's click has begun and that the client has not answered yet. */
function ownCall(popups) {
  return Object.values(popups).find(({ state }) => state === 'calling' || state === 'dialling')?.call;
}
