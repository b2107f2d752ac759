import assert from 'node:assert/strict';
import test from 'node:test';
import { BACKEND, openPage } from './kit/page.mjs';

test('asks the backend with the user\'s rights, in his language', async () => {
  const { amo, asked } = openPage({ answers: () => ({ calls: [] }) });
  assert.deepEqual(await amo.ask('GET', '/api/card?entity=leads&id=5'), { calls: [] });
  await amo.ask('POST', '/api/calls', { phone: '+7916' });
  assert.deepEqual(asked, [
    { method: 'GET', url: `${BACKEND}/api/card?entity=leads&id=5&lang=ru`, body: undefined },
    { method: 'POST', url: `${BACKEND}/api/calls?lang=ru`, body: { phone: '+7916' } },
  ]);
});

test('a refusal is told in the backend\'s words, field by field', async () => {
  const fields = [{ field: 'pbx.host', message: 'Неизвестный адрес' }];
  const { amo } = openPage({ answers: () => { throw { status: 422, error: 'invalid', message: 'Проверьте поля', fields }; } });
  await assert.rejects(amo.ask('PUT', '/api/settings', {}), { kind: 'invalid', message: 'Проверьте поля', fields, status: 422 });
});

test('a broken network and a strange answer have words of ours', async () => {
  for (const [status, kind] of [[0, 'network'], [502, 'server']]) {
    const { amo } = openPage({ language: 'en', answers: () => { throw { status }; } });
    await assert.rejects(amo.ask('GET', '/api/missed'), (refusal) => refusal.kind === kind && refusal.message.length > 10);
  }
});

test('a card is known by its area; a new one, or another page, is none', () => {
  const cases = [['leads_card', { id: 12 }, { entity: 'leads', id: 12 }], ['contacts_card', { id: '3' }, { entity: 'contacts', id: 3 }],
    ['companies_card', { id: 4 }, { entity: 'companies', id: 4 }], ['leads_card', { id: 0 }, null], ['leads', null, null], ['customers_card', { id: 1 }, null]];
  for (const [area, card, known] of cases) assert.deepEqual(openPage({ area, card }).amo.card(), known);
});

test('what callers are called cannot become markup in amoCRM\'s notifications', () => {
  const { amo, told } = openPage();
  amo.showError('<img onerror=x>', '"&\'');
  assert.deepEqual(told, [{ header: '&lt;img onerror=x&gt;', text: '&quot;&amp;&#39;' }]);
});

test('words are filled, counted, and never guessed', () => {
  const { amo, self } = openPage({ language: 'ru' });
  self.i18n = (key) => ({ 'a.hello': 'Звонит {name} {gone}', 'a.calls': { one: '{count} звонок', few: '{count} звонка', many: '{count} звонков' } })[key];
  assert.equal(amo.words('a.hello', { name: '<b>' }), 'Звонит <b> {gone}');
  assert.deepEqual([1, 3, 5, 21, 111].map((count) => amo.words('a.calls', { count })), ['1 звонок', '3 звонка', '5 звонков', '21 звонок', '111 звонков']);
  assert.equal(amo.words('a.none'), 'a.none');
});

test('page changes and turning off are heard until undone', () => {
  const { amo, jQuery } = openPage();
  const heard = [];
  const undo = [amo.onPage(() => heard.push('page')), amo.onTurnedOff(() => heard.push('off'))];
  jQuery(document).trigger('page:changed');
  amo.turnOff();
  undo.forEach((each) => each());
  jQuery(document).trigger('page:changed');
  amo.turnOff();
  assert.deepEqual(heard, ['page', 'off']);
});

test('the phone action is offered once for all listeners', () => {
  const { amo, actions } = openPage();
  const heard = [];
  assert.deepEqual(actions, {});
  const undo = amo.onPhone(({ phone }) => heard.push(phone));
  const offered = actions.phone;
  amo.onPhone(({ phone }) => heard.push(`also ${phone}`));
  assert.equal(actions.phone, offered);
  offered({ value: 112 });
  undo();
  offered({ value: '+7 916' });
  assert.deepEqual(heard, ['112', 'also 112', 'also +7 916']);
});

test('parts are loaded from the archive, of this version', async () => {
  const { amo, loaded } = openPage();
  assert.deepEqual(await amo.load('admin'), { name: 'https://widgets.example.com/station/lib/admin.js?v=1.2.3' });
  amo.loadStyles();
  amo.loadStyles();
  assert.equal(loaded.length, 1);
  assert.equal(document.querySelectorAll('link[href="https://widgets.example.com/station/style.css?v=1.2.3"]').length, 1);
});

test('money is in the account\'s currency when it is known', () => {
  assert.equal(openPage().amo.money(125000).replace(/\s/g, ' '), '125 000 ₽');
  assert.equal(openPage({ account: { id: 1 } }).amo.money(125000).replace(/\s/g, ' '), '125 000');
});
