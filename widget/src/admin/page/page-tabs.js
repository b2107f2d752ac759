import { h } from '../../ui/dom.js';

/** Tabs as the ARIA pattern describes them: arrow keys move, one panel is shown, every panel stays in the page. */

/**
 * `tabs` [{key, label}]; `opened(key)` is called when one is opened.
 * Returns {node, panels, open(key), current(), mark(key, kind, words, text?), whenOpened(key, listener)}.
 */
export function createPageTabs(tabs, opened) {
  const heads = new Map();
  const panels = new Map();
  const listeners = new Map();
  let current = '';
  tabs.forEach(({ key, label }) => {
    const note = h('span', { class: 'ps-tab-note', hidden: true });
    const props = {
      type: 'button',
      role: 'tab',
      id: `ps-tab-${key}`,
      'aria-controls': `ps-panel-${key}`,
      class: 'ps-tab',
    };
    heads.set(key, {
      note,
      node: h('button', { ...props, onclick: () => open(key), onkeydown: (event) => walk(event, key) }, label, note),
    });
    panels.set(
      key,
      h('div', { role: 'tabpanel', id: `ps-panel-${key}`, 'aria-labelledby': `ps-tab-${key}`, class: 'ps-tab-panel' }),
    );
  });

  function open(key) {
    heads.forEach(({ node }, each) => {
      node.setAttribute('aria-selected', String(each === key));
      node.tabIndex = each === key ? 0 : -1;
      panels.get(each).hidden = each !== key;
    });
    current = key;
    opened(key);
    listeners.get(key)?.();
  }

  function walk(event, key) {
    const keys = [...heads.keys()];
    const last = keys.length - 1;
    const at = keys.indexOf(key);
    const next = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at ? at - 1 : last, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    open(keys[next]);
    heads.get(keys[next]).node.focus();
  }

  /** A dot or a short text with its words; without words nothing. */
  function mark(key, kind, words, text = '') {
    const { note } = heads.get(key);
    note.className = `ps-tab-note ps-${kind}`;
    note.textContent = text;
    note.hidden = !words;
    note.setAttribute('role', 'img');
    note.setAttribute('aria-label', words);
  }

  const list = h(
    'div',
    { role: 'tablist', class: 'ps-tabs' },
    [...heads.values()].map((each) => each.node),
  );
  return {
    node: h('div', {}, list, [...panels.values()]),
    panels,
    open,
    mark,
    current: () => current,
    whenOpened: (key, listener) => listeners.set(key, listener),
  };
}
