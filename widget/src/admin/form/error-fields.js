/** The field that an error of the service belongs to: the one with the longest path that begins the error's own. */

/**
 * `errors` [{field, message}], `paths` of the fields on the page, `sent` the document they speak about.
 * Gives {at: Map path → [{message, rest}], elsewhere: [message]}; `rest` is what the error says beyond the field.
 */
export function placeErrors(errors, paths, sent) {
  const at = new Map();
  const elsewhere = [];
  const known = [...paths];
  errors.forEach(({ field, message }) => {
    const named = byUser(field, sent);
    const path = longest(named, known);
    if (path === null) elsewhere.push(`${field}: ${message}`);
    else at.set(path, [...(at.get(path) || []), { message, rest: named.slice(path.length + 1) }]);
  });
  return { at, elsewhere };
}

/** `settings.employees.3.extensions.0` → `settings.employees.#9001.extensions.0`: the table's rows are users, in another order than the document's. */
export function byUser(field, sent) {
  return field.replace(/^settings\.employees\.(\d+)(?=\.|$)/, (whole, index) => {
    const employee = (sent.settings.employees || [])[Number(index)];
    return employee ? `settings.employees.#${employee.user_id}` : whole;
  });
}

function longest(field, paths) {
  const fit = paths.filter((path) => field === path || field.startsWith(`${path}.`));
  return fit.reduce((best, path) => (best === null || path.length > best.length ? path : best), null);
}
