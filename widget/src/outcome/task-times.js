/** When a follow-up is due; in seconds of the Unix epoch, by the clock on this desk. */

const EVENING = 18; // o'clock
const MORNING = 10;
const LATE = 30 * 60; // s; with less than that left, this evening is not offered

/** The choices as [name, due]: this evening while it is far enough, tomorrow morning. */
export function dueChoices(now) {
  const evening = ['evening', at(now, 0, EVENING)];
  const tomorrow = ['tomorrow', at(now, 1, MORNING)];
  return evening[1] - now > LATE ? [evening, tomorrow] : [tomorrow];
}

/** What a field of type datetime-local holds; null when it is empty or no time. */
export function dueOf(text) {
  const due = new Date(text).getTime();
  return text && Number.isFinite(due) ? Math.floor(due / 1000) : null;
}

/** The time as a field of type datetime-local holds it. */
export function fieldOf(due) {
  const day = new Date(due * 1000);
  const two = (part) => String(part).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}T${two(day.getHours())}:${two(day.getMinutes())}`;
}

function at(now, days, hour) {
  const day = new Date(now * 1000);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days, hour).getTime() / 1000;
}
