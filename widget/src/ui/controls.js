import { h } from './dom.js';

/**
 * A text field with its label inside it.
 * @template {'input' | 'textarea'} [Tag='input']
 * @param {string} label @param {import('./dom.js').Props} props @param {Tag} [tag]
 */
export function labelledField(label, props, tag) {
  return h(/** @type {Tag} */ (tag ?? 'input'), { class: 'ps-input', placeholder: label, 'aria-label': label, ...props });
}

/**
 * `act` names the button among those that are redrawn together, so that the focus stays on it; therefore a busy button is not
 * disabled, it only looks so.
 * @param {string} act @param {(() => void) | null} onClick
 * @param {{look?: string, label?: string, isBusy?: boolean, [attribute: string]: any}} props
 * @param {import('./dom.js').Children[]} children
 */
export function actionButton(act, onClick, { look = '', label, isBusy, ...props }, ...children) {
  const named = label && { 'aria-label': label, title: label };
  const more = { ...named, 'aria-disabled': isBusy && 'true', ...props };
  return h('button', { class: `ps-button ${look}`, type: 'button', data: { act }, onClick, ...more }, ...children);
}

/** One of a few choices. @param {string} text @param {boolean} isChosen @param {() => void} onClick */
export function choiceChip(text, isChosen, onClick) {
  return h('button', { class: 'ps-chip', type: 'button', 'aria-pressed': String(isChosen), data: { act: text }, onClick }, text);
}

/**
 * Redraws a part of the page; the button that had the focus there gets it back, or else `otherwise` gets it.
 * @param {HTMLElement} place @param {() => void} draw @param {HTMLElement} [otherwise]
 */
export function redrawKeepingFocus(place, draw, otherwise) {
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  const had = focused && place.contains(focused);
  draw();
  if (!had || place.contains(focused)) return;
  const buttons = /** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll('[data-act]'));
  const same = [...buttons].find(({ dataset }) => dataset.act === focused.dataset.act);
  (same ?? otherwise)?.focus();
}
