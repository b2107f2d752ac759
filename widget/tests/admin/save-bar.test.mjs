import assert from 'node:assert/strict';
import test from 'node:test';
import { SettingsDraft } from '../../src/admin/form/settings-draft.js';
import { createSaveBar } from '../../src/admin/page/save-bar.js';
import { openPage, settle } from '../kit/page.mjs';

const READ = { version: 'a1', settings: { country: 'RU', zone: 'Europe/Moscow' }, pbx: null };

/** The bar over a document in which the country was changed; `stored` is what the service has meanwhile. */
function openBar(stored) {
  openPage();
  const sent = [];
  const draft = new SettingsDraft(READ);
  draft.set('settings.country', 'KZ');
  const ask = async (method, path, body) => {
    if (method === 'GET') return stored;
    sent.push(body);
    if (body.version !== stored.version) throw { kind: 'changed_meanwhile', message: 'Изменили', fields: [] };
    return { ...stored, version: 'c3', settings: body.settings };
  };
  const page = { say: (key) => key, amo: { ask }, form: { draft }, take: (answer) => draft.rebase(answer), redrawAll() {}, showErrors: () => [] };
  page.renew = (answer) => !page.take(answer).length;
  const bar = createSaveBar(page);
  const press = async () => {
    bar.node.querySelector('button').click();
    for (let turn = 0; turn < 4; turn += 1) await settle();
  };
  return { bar, draft, sent, press, words: () => bar.node.querySelector('p').textContent };
}

test('what somebody else has saved meanwhile stays, and mine goes over it', async () => {
  const { press, sent, words, draft } = openBar({ ...READ, version: 'b2', settings: { country: 'RU', zone: 'Asia/Almaty' } });
  await press();
  assert.deepEqual(sent.map(({ version, settings }) => [version, settings.country, settings.zone]), [
    ['a1', 'KZ', 'Europe/Moscow'],
    ['b2', 'KZ', 'Asia/Almaty'],
  ]);
  assert.deepEqual([words(), draft.paths()], ['saved', []]);
});

test('where both have changed the same, the person is asked first', async () => {
  const { press, sent, draft } = openBar({ ...READ, version: 'b2', settings: { country: 'UZ', zone: 'Europe/Moscow' } });
  await press();
  assert.equal(sent.length, 1);
  assert.deepEqual(draft.paths(), ['settings.country']);
  await press();
  assert.deepEqual(sent.map(({ version, settings }) => [version, settings.country]), [['a1', 'KZ'], ['b2', 'KZ']]);
  assert.deepEqual(draft.paths(), []);
});
