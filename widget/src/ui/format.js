/**
 * Numbers and times for the reader. `locale` and `language` are BCP 47 tags (amo.locale, amo.language). Times are seconds of the
 * Unix epoch, durations seconds.
 */

const DAY = 86400000; // ms
const LONGEST = 160; // characters of a name from outside that are shown
const WITHOUT_SECONDS = 10; // minutes; longer durations are given in whole minutes

/** 65 → 1:05, 3725 → 1:02:05. @param {number} seconds */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, index) => (index ? String(part).padStart(2, '0') : part)).join(':');
}

/**
 * "45 s", "2 min 5 s", from ten minutes on "25 min", "3 h 10 min"; a dash where the duration is not known.
 * @param {number | null | undefined} seconds @param {import('../amocrm.js').Words} say gives the words of `unit.…`
 */
export function durationInWords(seconds, say) {
  if (seconds === null || seconds === undefined) return '—';
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours) return `${hours} ${say('unit.hours')} ${minutes} ${say('unit.minutes')}`;
  if (minutes >= WITHOUT_SECONDS) return `${minutes} ${say('unit.minutes')}`;
  return minutes
    ? `${minutes} ${say('unit.minutes')} ${rest} ${say('unit.seconds')}`
    : `${rest} ${say('unit.seconds')}`;
}

/** 14:05 @param {string} locale @param {number} at */
export function clock(locale, at) {
  return new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at * 1000);
}

/**
 * The clock alone for today, “yesterday, 14:05”, else “12 May, 14:05”, with the year when it is another.
 * @param {string} locale @param {number} at
 */
export function moment(locale, at, now = Date.now() / 1000) {
  const days = midnight(now) - midnight(at);
  if (days === 0) return clock(locale, at);
  if (days === 1) return `${yesterday(locale)}, ${clock(locale, at)}`;
  return `${date(locale, at, now)}, ${clock(locale, at)}`;
}

/** “12 May”, with the year when it is not this one. @param {string} locale @param {number} at */
export function date(locale, at, now = Date.now() / 1000) {
  const [day, today] = [new Date(at * 1000), new Date(now * 1000)];
  const year = day.getFullYear() === today.getFullYear() ? undefined : 'numeric';
  return new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'long', year }).format(day);
}

/** 125000 → “125 000 ₽”; without a currency the number alone. @param {string} language @param {number} price @param {string} [currency] */
export function money(language, price, currency) {
  /** @type {Intl.NumberFormatOptions} */
  const style = currency ? { style: 'currency', currency, currencyDisplay: 'narrowSymbol' } : {};
  return new Intl.NumberFormat(language, { maximumFractionDigits: 0, ...style }).format(price);
}

/** @param {string} language @param {number} value */
export function number(language, value) {
  return new Intl.NumberFormat(language).format(value);
}

/** Which of one, few, many fits the count (the Russian forms; English uses one and many). @param {string} language @param {number} count */
export function plural(language, count) {
  const form = new Intl.PluralRules(language).select(count);
  return form === 'other' ? 'many' : form;
}

/** A name from outside: at most `longest` characters, with an ellipsis where some are cut. @param {string} text */
export function shortened(text, longest = LONGEST) {
  const characters = Array.from(String(text).slice(0, longest * 2));
  return characters.length > longest ? `${characters.slice(0, longest).join('')}…` : characters.join('');
}

/** @param {number} at */
function midnight(at) {
  const day = new Date(at * 1000);
  return Math.round(Date.UTC(day.getFullYear(), day.getMonth(), day.getDate()) / DAY);
}

/** @param {string} locale */
function yesterday(locale) {
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(-1, 'day');
}
