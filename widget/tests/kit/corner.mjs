/** Our corner of a page: the parts under test on a stream that says what the test tells it. */
import { createOutcome } from '../../src/outcome/outcome-form.js';
import { createPhone } from '../../src/dialing/click.js';
import { createPopups } from '../../src/popups/popups.js';
import { EMPTY, reduce } from '../../src/stream/state.js';
import { openPage, settle } from './page.mjs';

const opened = [];

export function openCorner({ kept, hasOutcome = true, ...options } = {}) {
  const page = openPage(options);
  globalThis.window = page.dom.window;
  Object.entries(kept ?? {}).forEach(([key, value]) => localStorage.setItem(key, value));
  const stream = streamOf();
  const popups = createPopups(page.amo, stream);
  const phone = createPhone(page.amo, stream, popups);
  if (hasOutcome) popups.useOutcome(createOutcome);
  opened.push(page);
  let serial = 0;
  return Object.assign(page, {
    stream, popups, phone,
    tell: (kind, more) => stream.share({ kind, ...more }),
    show(call, state, details = {}) {
      serial += 1;
      stream.share({ kind: 'popup', id: '', data: { call, state, serial, details: { at: Date.now() / 1000, direction: 'inbound', ...details } } });
    },
    find: (selector) => document.querySelector(selector),
    all: (selector) => [...document.querySelectorAll(selector)].filter((node) => !node.closest('[hidden]')),
    button,
    text: () => document.querySelector('.ps-popups').textContent,
    bodies: (path) => page.asked.filter(({ url }) => url.includes(path)).map(({ body }) => body),
    async press(text) {
      button(text).click();
      await settled();
    },
    type(selector, text) {
      const field = document.querySelector(selector);
      field.value = text;
      field.dispatchEvent(new Event('input', { bubbles: true }));
    },
    escape: (node = document.body) => node.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true })),
  });
}

function button(text) {
  const says = (node) => `${node.textContent} ${node.getAttribute('aria-label') ?? ''}`.includes(text);
  return [...document.querySelectorAll('button')].find((node) => !node.closest('[hidden]') && says(node));
}

/** After each test: nothing of a page may keep the process awake. */
export function leaveAll() {
  opened.splice(0).forEach(({ amo }) => amo.turnOff());
}

export async function settled() {
  for (let turn = 0; turn < 4; turn += 1) await settle();
}

function streamOf() {
  const listeners = new Set();
  const stream = {
    state: EMPTY,
    on: (listener) => (listeners.add(listener), () => listeners.delete(listener)),
    share(event) {
      stream.state = reduce(stream.state, event);
      listeners.forEach((listener) => listener(stream.state, event));
    },
  };
  return stream;
}
