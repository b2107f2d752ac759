/** DOM nodes are built here, always from text: a caller's or client's name can never become markup. */

/**
 * @typedef {Node | string | number | boolean | null | undefined} Child
 * @typedef {Child | Child[] | (Child | Child[])[] | (Child | Child[])[][]} Children
 * @typedef {Record<string, any>} Props
 */

const SVG = 'http://www.w3.org/2000/svg';
/** @type {Record<string, string>} */
const ICONS = {
  call: 'M5 3h3l2 5-2.2 1.6a11 11 0 0 0 6.6 6.6L16 14l5 2v3a2 2 0 0 1-2.2 2A17 17 0 0 1 3 5.2A2 2 0 0 1 5 3',
  incoming: 'M19 5 7 17M7 8v9h9',
  outgoing: 'M5 19 17 7M8 7h9v9',
  missed: 'M3 8l6 6 8-8M11 6h6v6',
  play: 'M8 5l11 7-11 7z',
  failed: 'M5 19 17 7M8 7h9v9M4 5l5 5M9 5l-5 5',
  close: 'M6 6l12 12M18 6 6 18',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  arrow: 'M9 6l6 6-6 6',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14M16 16l5 5',
  transfer: 'M4 8h15M15 4l4 4-4 4M20 16H5M9 12l-4 4 4 4',
};

const PROPERTIES = new Set(['checked', 'disabled', 'hidden', 'indeterminate', 'open', 'selected', 'value']);

/**
 * A node. `props`: `on{event}` listeners, `data` (an object), the properties above, and attributes: true writes an empty one,
 * false, null and undefined none. Children are nodes, texts and lists of them; null, undefined, false and '' draw nothing.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag @param {Props | null} [props] @param {Children[]} children @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  node.append(...drawn(children));
  for (const [name, value] of Object.entries(props ?? {})) set(node, name, value);
  return node;
}

/** @param {any} children */
function drawn(children) {
  return children.flat(Infinity).filter(isDrawn);
}

/** @param {unknown} child */
function isDrawn(child) {
  return child !== null && child !== undefined && child !== false && child !== '';
}

/** @param {any} node @param {string} name @param {any} value */
function set(node, name, value) {
  if (name.startsWith('on')) node.addEventListener(name.slice(2).toLowerCase(), value);
  else if (name === 'data') Object.assign(node.dataset, value);
  else if (PROPERTIES.has(name)) node[name] = value;
  else if (isDrawn(value)) node.setAttribute(name, value === true ? '' : value);
}

/** A one-line drawing, as high as the text beside it, hidden from screen readers. @param {string} name a key of ICONS */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', 'ps-icon');
  svg.setAttribute('aria-hidden', 'true');
  svg.append(path);
  return svg;
}

/** Puts the node at the end of `parent`; returns the undo. @param {Element} parent @param {Element} node */
export function mount(parent, node) {
  parent.append(node);
  return () => node.remove();
}

/** Replaces all children of `parent`. @param {Element} parent @param {Children[]} nodes */
export function fill(parent, ...nodes) {
  parent.replaceChildren(...drawn(nodes));
}

/** Adds a listener; returns the undo. @param {EventTarget} target @param {string} event @param {(event: any) => void} listener */
export function on(target, event, listener) {
  target.addEventListener(event, listener);
  return () => target.removeEventListener(event, listener);
}

/**
 * Our corner of the page (bottom right), where popups, alerts and the missed calls are; made when it is not there yet.
 * @param {Document} page @returns {Element}
 */
export function cornerOf(page) {
  const present = page.querySelector('.ps-corner');
  if (present) return present;
  const corner = h('div', { class: 'phone-station ps-corner' });
  page.body.append(corner);
  return corner;
}
