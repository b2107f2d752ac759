/** How many bytes the built files may have: script.js is loaded with every page of amoCRM's, the archive is checked by hand. */
export const BUDGETS = { 'script.js': 60_000, 'widget.zip': 650_000 };

/** Says by how much `file` of `size` bytes is over its budget; null when it is not. */
export function overBudget(file, size, budget = BUDGETS[file]) {
  if (size <= budget) return null;
  return `${file} has ${inWords(size)} bytes, its budget is ${inWords(budget)}: ${inWords(size - budget)} too many`;
}

/** 53152 → "53,152". */
export function inWords(bytes) {
  return bytes.toLocaleString('en');
}
