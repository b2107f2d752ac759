/** The overview's numbers, prepared for charts and words; no part of the page is used here. */

/** Parts from the bottom of a stack to its top → heights of their upper edges, drawn from the last to the first. */
export function stacked(parts) {
  const sums = parts[0].map(() => 0);
  return parts.map((part) => part.map((value, index) => (sums[index] += value)));
}

/** Answered are the inbound calls that were not missed; `outbound` holds the failed attempts too. */
export function ofCalls(calls) {
  return {
    answered: calls.map((each) => Math.max(0, each.inbound - each.missed)),
    missed: calls.map((each) => each.missed),
    outbound: calls.map((each) => each.outbound),
  };
}

export function totals(calls) {
  const sum = (name) => calls.reduce((all, each) => all + (each[name] || 0), 0);
  const [inbound, outbound, missed, failed] = ['inbound', 'outbound', 'missed', 'failed'].map(sum);
  return { inbound, outbound, missed, failed, all: inbound + outbound };
}

/** Whole percent; null of nothing. */
export function share(part, whole) {
  return whole ? Math.round((100 * part) / whole) : null;
}

/** Names of the periods: hours for a single day, else days. `at` are seconds of the Unix epoch. */
export function labels(calls, { days, zone }, language) {
  /** @type {Intl.DateTimeFormatOptions} */
  const wanted = days === 1 ? { hour: '2-digit', minute: '2-digit' } : { day: 'numeric', month: 'short' };
  const format = new Intl.DateTimeFormat(language, { ...wanted, timeZone: zone });
  return calls.map((each) => format.format(new Date(each.at * 1000)));
}

/** Indexes of the axis's names when only so many fit. */
export function thinned(count, fit) {
  const step = Math.max(1, Math.ceil(count / Math.max(1, fit)));
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step);
}
