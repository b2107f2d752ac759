import { section } from '../form/form.js';
import { accountItem, lineItem, statusList } from '../health/health-items.js';

/** What everybody may see of the settings: the own extensions and phone, and whether calls work at all. */

export function own(page) {
  return section(page.say('own.title'), page.say('own.about'), ownItems(page));
}

/** Who cannot mend it himself is sent to who can. */
export function ownItems({ say, answer }) {
  const { me, account, pbx, is_admin: isAdmin } = answer;
  const line = isAdmin ? lineItem(say, pbx?.link, pbx?.link_reason) : lineItem(say, me.link);
  const shared = [accountItem(say, account), line];
  const told = isAdmin
    ? shared
    : shared.map((each) => ({ ...each, detail: '', todo: each.todo && say('own.tell_admin') }));
  return statusList(say, [mine(say, me, isAdmin), ...told]);
}

function mine(say, { extensions, phone }, isAdmin) {
  const title = say('own.extension');
  const none = { state: 'warn', title, text: say('own.none'), todo: say(isAdmin ? 'own.none_admin' : 'own.none_todo') };
  if (!extensions.length) return none;
  const text = `${extensions.join(', ')}${phone === 'unknown' ? '' : `, ${say(`phone.${phone}`)}`}`;
  return phone === 'unreachable'
    ? { state: 'warn', title, text, todo: say('own.unreachable_todo') }
    : { state: 'ok', title, text };
}
