import { section } from '../form/form.js';
import { statusList } from '../form/status-list.js';
import { accountItem, lineItem } from '../health/health-items.js';

/** The tab My extension, for users who are no administrators: their extensions and phone, and whether calls work at all. */

export function myExtensionTab(page) {
  return section(page.say('own.title'), page.say('own.about'), myItems(page));
}

/** Users who cannot repair it themselves are sent to an administrator. @param {{say: import('../../amocrm.js').Words, answer: any}} view */
export function myItems({ say, answer }) {
  const { me, account, pbx, is_admin: isAdmin } = answer;
  const line = isAdmin ? lineItem(say, pbx?.link, pbx?.link_reason) : lineItem(say, me.link);
  const shared = [accountItem(say, account), line];
  const items = isAdmin
    ? shared
    : shared.map((each) => ({ ...each, detail: '', todo: each.todo && say('own.tell_admin') }));
  return statusList(say, [myPhone(say, me, isAdmin), ...items]);
}

/** @returns {import('../form/status-list.js').StatusItem} */
function myPhone(say, { extensions, phone }, isAdmin) {
  const title = say('own.extension');
  /** @type {import('../form/status-list.js').StatusItem} */
  const none = { state: 'warn', title, text: say('own.none'), todo: say(isAdmin ? 'own.none_admin' : 'own.none_todo') };
  if (!extensions.length) return none;
  const text = `${extensions.join(', ')}${phone === 'unknown' ? '' : `, ${say(`phone.${phone}`)}`}`;
  return phone === 'unreachable'
    ? { state: 'warn', title, text, todo: say('own.unreachable_todo') }
    : { state: 'ok', title, text };
}
