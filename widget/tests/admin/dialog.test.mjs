import assert from 'node:assert/strict';
import test from 'node:test';
import { dialog } from '../../src/admin/page/dialog.js';
import { openPage, settle } from '../kit/page.mjs';

const ANSWER = { account: { id: 31, state: 'connected' }, me: { extensions: ['101'], phone: 'free', link: 'up' }, is_admin: false, pbx: null };

async function openDialog(answers) {
  const page = openPage({ answers });
  const body = document.body.appendChild(document.createElement('div'));
  body.append(Object.assign(document.createElement('input'), { name: 'consent', type: 'hidden' }));
  await dialog(body, page.amo);
  await settle();
  return body;
}

test('before the install one can read what is agreed to, and where help is', async () => {
  const body = await openDialog(() => {
    throw { status: 404, error: 'unknown_account', message: 'Аккаунт не подключён' };
  });
  const links = [...body.querySelectorAll('a')].map((link) => [link.href, link.target, link.rel, link.getAttribute('referrerpolicy')]);
  const elsewhere = ['_blank', 'noopener noreferrer', 'no-referrer'];
  assert.deepEqual(links, [['https://station.example.com/?lang=ru', ...elsewhere], ['https://station.example.com/privacy?lang=ru', ...elsewhere]]);
  body.querySelector('input[type=checkbox]').click();
  assert.equal(body.querySelector('[name=consent]').value, '1');
});

test('who may not change the settings is not asked to agree', async () => {
  const body = await openDialog(() => ANSWER);
  assert.equal(body.querySelector('.ps-consent').hidden, true);
});
