import { h } from './dom.js';

/** A field with its label inside. */
export function field(label, props, tag = 'input') {
  return h(tag, { class: 'ps-input', placeholder: label, 'aria-label': label, ...props });
}

/**
 * `act` names the button among what is drawn anew together, so that the focus stays where it was; for that a busy one is not
 * disabled, it only looks so.
 */
export function button(act, onClick, { look = '', label, isBusy, ...props }, ...children) {
  const named = label && { 'aria-label': label, title: label };
  const more = { ...named, 'aria-disabled': isBusy && 'true', ...props };
  return h('button', { class: `ps-button ${look}`, type: 'button', data: { act }, onClick, ...more }, children);
}

/** One of a few choices. */
export function chip(text, isChosen, onClick) {
  return h('button', { class: 'ps-chip', type: 'button', 'aria-pressed': String(isChosen), data: { act: text }, onClick }, text);
}

/** Draws a part of the page anew; the button that had the focus there has it again, or `otherwise` has. */
export function redrawn(place, draw, otherwise) {
  const focused = document.activeElement;
  const had = place.contains(focused);
  draw();
  if (!had || place.contains(focused)) return;
  const same = [...place.querySelectorAll('[data-act]')].find(({ dataset }) => dataset.act === focused.dataset.act);
  (same ?? otherwise)?.focus();
}
