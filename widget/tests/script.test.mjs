import assert from 'node:assert/strict';
import test, { after } from 'node:test';
import { runInThisContext } from 'node:vm';
import { files } from '../tools/archive.mjs';
import { BACKEND, openPage, settle } from './kit/page.mjs';

const archive = await files(BACKEND);
const ADMIN = { dialog: (body) => body.drawn.push('dialog'), page: (node) => node.append('page') };

/** The built script.js in the hands of an AMD loader; its parts are loaded from the same archive. */
function installed({ status = 'installed', isBroken = false, ...options } = {}) {
  const page = openPage(options);
  const defined = (name, parts) => {
    let made;
    const given = { jquery: page.jQuery, require: load, exports: {} };
    globalThis.define = (names, make) => (made = make(...names.map((each) => given[each])) ?? given.exports);
    runInThisContext(String(archive.get(name)), { filename: name });
    return parts ?? made;
  };
  const load = ([address], done, failed) => {
    const name = new URL(address).pathname.split('/').slice(2).join('/');
    page.loaded.push(name);
    setImmediate(() => (isBroken ? failed(new Error(name)) : done(name === 'lib/admin.js' ? ADMIN : defined(name))));
  };
  for (const name of ['addEventListener', 'removeEventListener']) globalThis[name] = page.dom.window[name].bind(page.dom.window);
  globalThis.BroadcastChannel = class { postMessage() {} close() {} };
  globalThis.EventSource = class { addEventListener() {} close() {} };
  const widget = new (defined('script.js'))();
  Object.assign(widget, page.self, { get_install_status: () => status });
  after(widget.callbacks.destroy); // a test that fails half way must not keep its timers
  return Object.assign(page, { widget, ...widget.callbacks });
}

test('it lives as amoCRM wants: drawn, started, ended', async () => {
  const page = installed({ answers: () => ({ phones: [], calls: [], missed: [], ticket: 't', popups: [] }) });
  assert.deepEqual([page.render(), page.init(), page.bind_actions(), page.onSave({ active: 'N' })], [true, true, true, true]);
  assert.equal(typeof page.actions.phone, 'function');
  for (let turn = 0; turn < 5; turn += 1) await settle();
  assert.deepEqual(page.loaded, ['lib/card.js']);
  assert.ok(document.querySelector('.ps-panel').textContent.includes('Звонков ещё не было'));
  page.destroy();
  assert.equal(document.querySelectorAll('.ps-corner > *').length, 0);
});

test('it begins anew after it was turned off', async () => {
  const page = installed();
  page.render();
  page.init();
  page.destroy();
  const offered = page.actions.phone;
  page.render();
  page.init();
  assert.notEqual(page.actions.phone, offered);
  await settle();
  await settle();
  page.destroy();
  assert.equal(document.querySelectorAll('.ps-corner > *').length, 0);
});

test('not installed yet, it offers its settings and nothing else', async () => {
  const page = installed({ status: 'install' });
  const body = { drawn: [] };
  assert.deepEqual([page.render(), page.init(), page.settings(body)], [true, true, true]);
  await settle();
  await settle();
  assert.deepEqual([page.actions, page.asked, body.drawn, page.loaded], [{}, [], ['dialog'], ['lib/admin.js']]);
});

test('the page of settings is drawn in amoCRM\'s place for it', async () => {
  const page = installed();
  document.body.insertAdjacentHTML('beforeend', '<div id="work-area-station"></div>');
  assert.equal(page.advancedSettings(), true);
  await settle();
  await settle();
  assert.equal(document.querySelector('#work-area-station').textContent, 'page');
});

test('a part that does not load is told, not hidden', async () => {
  const page = installed({ isBroken: true });
  page.settings({ drawn: [] });
  await settle();
  await settle();
  assert.deepEqual(page.told.map(({ header }) => header), ['Телефонная станция']);
});
