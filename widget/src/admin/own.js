import { section } from './form.js';
import { accountItem, lineItem, statusList } from './health.js';

/** What everybody may see of the settings: the own extensions and phone, and whether calls work at all. */

export function own(page) {
  return section(page.say('own.title'), page.say('own.about'), ownItems(page));
}

export function ownItems({ say, answer }) {
  const { me, account } = answer;
  return statusList(say, [mine(say, me), accountItem(say, account), lineItem(say, me.link)]);
}

function mine(say, { extensions, phone }) {
  const title = say('own.extension');
  if (!extensions.length) return { state: 'warn', title, text: say('own.none'), todo: say('own.none_todo') };
  const text = `${extensions.join(', ')}${phone === 'unknown' ? '' : `, ${say(`phone.${phone}`)}`}`;
  return phone === 'unreachable'
    ? { state: 'warn', title, text, todo: say('own.unreachable_todo') }
    : { state: 'ok', title, text };
}
