/** When a follow-up task is due; in seconds of the Unix epoch, by this computer's clock and time zone. */

const EVENING = 18; // o'clock
const MORNING = 10;
const LATE = 30 * 60; // s; with less than that left, this evening is not offered

/**
 * The choices as [name, due]: this evening while it is far enough, tomorrow morning.
 * @param {number} now @returns {[name: string, due: number][]}
 */
export function taskTimes(now) {
  const evening = at(now, 0, EVENING);
  const tomorrow = at(now, 1, MORNING);
  return evening - now > LATE ? [['evening', evening], ['tomorrow', tomorrow]] : [['tomorrow', tomorrow]];
}

/** The time in a field of type datetime-local; null when it is empty or no time. @param {string} text */
export function timeOfField(text) {
  const due = new Date(text).getTime();
  return text && Number.isFinite(due) ? Math.floor(due / 1000) : null;
}

/** The time as a field of type datetime-local holds it. @param {number} due */
export function fieldOfTime(due) {
  const day = new Date(due * 1000);
  /** @param {number} part */
  const two = (part) => String(part).padStart(2, '0');
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}T${two(day.getHours())}:${two(day.getMinutes())}`;
}

/** @param {number} now @param {number} days @param {number} hour */
function at(now, days, hour) {
  const day = new Date(now * 1000);
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days, hour).getTime() / 1000;
}
