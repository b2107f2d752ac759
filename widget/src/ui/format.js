/** Numbers and times as people read them; `language` is ru or en. Times are seconds of the Unix epoch, durations seconds. */

const DAY = 86400000; // ms

/** 65 → 1:05, 3725 → 1:02:05. */
export function duration(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, index) => (index ? String(part).padStart(2, '0') : part)).join(':');
}

/** 14:05 */
export function clock(language, at) {
  return new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at * 1000);
}

/** The clock alone for today, “yesterday, 14:05”, else “12 May, 14:05”, with the year when it is another. */
export function moment(language, at, now = Date.now() / 1000) {
  const days = midnight(now) - midnight(at);
  if (days === 0) return clock(language, at);
  if (days === 1) return `${yesterday(language)}, ${clock(language, at)}`;
  return `${date(language, at, now)}, ${clock(language, at)}`;
}

/** “12 May”, with the year when it is not this one. */
export function date(language, at, now = Date.now() / 1000) {
  const [day, today] = [new Date(at * 1000), new Date(now * 1000)];
  const year = day.getFullYear() === today.getFullYear() ? {} : { year: 'numeric' };
  return new Intl.DateTimeFormat(region(language), { day: 'numeric', month: 'long', ...year }).format(day);
}

/** 125000 → “125 000 ₽”; without a currency the number alone. */
export function money(language, price, currency) {
  const style = currency ? { style: 'currency', currency, currencyDisplay: 'narrowSymbol' } : {};
  return new Intl.NumberFormat(language, { maximumFractionDigits: 0, ...style }).format(price);
}

export function number(language, value) {
  return new Intl.NumberFormat(language).format(value);
}

/** Which of one, few, many fits the count (the Russian forms; English uses one and many). */
export function plural(language, count) {
  const form = new Intl.PluralRules(language).select(count);
  return form === 'other' ? 'many' : form;
}

function midnight(at) {
  const day = new Date(at * 1000);
  return Math.round(Date.UTC(day.getFullYear(), day.getMonth(), day.getDate()) / DAY);
}

function yesterday(language) {
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(-1, 'day');
}

function region(language) {
  return language === 'en' ? 'en-GB' : language;
}
