import { clickName } from './click-name.js';
import { createCommands, uuid } from './commands.js';

/** @import { Popup, Refusal } from '../api' */
/** @typedef {Pick<ReturnType<typeof createPhone>, 'call'>} Phone */

const DOUBLE_CLICK = 1000; // ms; a second click on the same number within that is the same click
const HINTED = ['no_extension', 'phone_unreachable', 'pbx_not_connected', 'unknown_account'];

/**
 * Calls by click: from amoCRM's phone menu, and by `call(number)` from our own buttons. The employee's phone rings first.
 * @param {import('../amocrm.js').Amo} amo @param {import('../stream/stream.js').Stream} stream
 * @param {import('../popups/popups.js').Popups} popups
 */
export function createPhone(amo, stream, popups) {
  const commands = createCommands(amo);
  /** @type {string | null} */
  let underWay = null; // the name of the popup of the click that has no answer yet
  let last = { number: '', at: 0 };

  /** @param {string} number */
  async function call(number) {
    const begun = underWay ?? ownCall(stream.state.popups);
    if (begun) return popups.nudge(begun);
    if (isDoubleClick(number)) return;
    /** @type {Popup} */
    const popup = { call: clickName(uuid()), state: 'calling', serial: 0, details: { direction: 'outbound', phone: number, at: now() } };
    underWay = popup.call;
    popups.add(popup);
    popups.replace(popup.call, await answered(popup, number));
    underWay = null;
  }

  /** The popup after the backend's answer. @param {Popup} popup @param {string} number @returns {Promise<Popup>} */
  async function answered(popup, number) {
    try {
      const { call: name, state } = await commands.call(number);
      return { ...popup, call: name, state };
    } catch (error) {
      const words = wordsOf(/** @type {Refusal} */ (error));
      return { ...popup, state: 'failed', details: { ...popup.details, words } };
    }
  }

  /** @param {Refusal} refusal */
  function wordsOf({ kind, message }) {
    return HINTED.includes(kind) ? `${message}. ${amo.words(`phone.${kind}`)}` : message;
  }

  /** @param {string} number */
  function isDoubleClick(number) {
    const isSame = number === last.number && Date.now() - last.at < DOUBLE_CLICK;
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

/** The call that the user's click has begun and that the client has not answered yet. @param {Record<string, Popup>} popups */
function ownCall(popups) {
  return Object.values(popups).find(({ state }) => state === 'calling' || state === 'dialling')?.call;
}
