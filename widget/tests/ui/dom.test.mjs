import assert from 'node:assert/strict';
import test from 'node:test';
import { fill, h, icon, mount, on, cornerOf } from '../../src/ui/dom.js';
import { openPage } from '../kit/page.mjs';

const HOSTILE = ['<img src=x onerror=alert(1)>', '"><script>x</script>', '‮gnp.exe', '👩‍👩‍👧', 'я'.repeat(10000)];

test('whatever a caller is named stands as text', () => {
  openPage();
  for (const name of HOSTILE) {
    const node = h('p', { title: name, 'aria-label': name }, name, h('b', null, name));
    assert.equal(node.childNodes[0].data, name);
    assert.equal(node.querySelector('b').textContent, name);
    assert.equal(node.getAttribute('title'), name);
    assert.equal(node.querySelectorAll('*').length, 1);
  }
});

test('markup cannot be given as a property', () => {
  openPage();
  const node = h('p', { innerHTML: '<b>x</b>', outerHTML: '<b>x</b>' });
  assert.equal(node.children.length, 0);
});

test('properties, attributes, data, listeners and nothing', () => {
  openPage();
  let clicks = 0;
  const node = h('input', { type: 'checkbox', checked: true, disabled: false, required: true, hidden: undefined, 'aria-hidden': false, data: { call: '1' }, onclick: () => (clicks += 1) });
  node.dispatchEvent(new Event('click'));
  assert.deepEqual([node.checked, node.disabled, node.required, node.hasAttribute('aria-hidden'), node.dataset.call, clicks], [true, false, true, false, '1', 1]);
  assert.equal(h('p', null, null, undefined, false, '', 0, [['a'], [false]]).textContent, '0a');
  assert.equal(h('select', { value: 'b' }, h('option', { value: 'a' }), h('option', { value: 'b' })).value, 'b');
});

test('what is mounted or listened to can be undone', () => {
  openPage();
  const heard = [];
  const undo = [mount(document.body, h('p', { class: 'ps-x' }, 'x')), on(document, 'keydown', (event) => heard.push(event.key))];
  document.dispatchEvent(new KeyboardEvent('keydown', { key: 'a' }));
  undo.forEach((each) => each());
  document.dispatchEvent(new KeyboardEvent('keydown', { key: 'b' }));
  assert.deepEqual([heard, document.querySelector('.ps-x')], [['a'], null]);
});

test('one corner on a page; its content is replaced whole', () => {
  openPage();
  const corner = cornerOf(document);
  assert.equal(cornerOf(document), corner);
  fill(corner, h('p', null, 'a'), null, 'b');
  fill(corner, 'c');
  assert.equal(corner.textContent, 'c');
  assert.equal(icon('call').getAttribute('aria-hidden'), 'true');
});
