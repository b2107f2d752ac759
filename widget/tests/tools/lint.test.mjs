import assert from 'node:assert/strict';
import test from 'node:test';
import { problems, RULES } from '../../tools/lint/index.mjs';
import { archive, found, json, MANIFEST, png, script, STYLE, WORDS } from '../kit/archive.mjs';

const manifest = (change) => ({ 'manifest.json': json({ ...MANIFEST, ...change }) });
const widget = (change) => manifest({ widget: { ...MANIFEST.widget, ...change } });
const words = (language, change) => ({ [`i18n/${language}.json`]: json({ widget: { ...WORDS[language].widget, ...change } }) });
const code = (more, parts) => ({ 'script.js': script(more, parts) });
const style = (more) => ({ 'style.css': `${STYLE}${more}` });

/** Each rule with archives that break it. */
const BREAKS = {
  'archive-name': [[{}, { name: 'station.zip', size: 1000 }]],
  'archive-size': [[{}, { name: 'widget.zip', size: 2_000_001 }]],
  'required-file': [[{ 'images/logo_min.png': null }], [{ 'script.js': null }], [widget({ locale: ['ru', 'en', 'es'] })]],
  'file-place': [[{ 'README.md': 'x' }], [{ 'images/Логотип.png': png(1, 1) }], [{ '.DS_Store': '' }]],
  'hidden-folder': [[inFolder()]],
  'unused-file': [[{ 'lib/chart.js': 'define(() => 1);' }], [{ 'images/more.png': png(1, 1) }], [{ 'i18n/es.json': '{}' }], [{ 'templates/a.twig': '' }]],
  encoding: [[{ 'style.css': `\ufeff${STYLE}` }], [{ 'i18n/ru.json': Buffer.from([0x22, 0xff, 0x22]) }]],
  'line-ends': [[{ 'style.css': STYLE.replaceAll('\n', '\r\n') }]],
  json: [[{ 'i18n/en.json': '{ // no\n}' }], [{ 'manifest.json': '{,}' }]],
  'script-size': [[code(`/* ${'a word '.repeat(30)}\n${'and '.repeat(30)}\n */`.repeat(200))]],
  readable: [[code(`self.i18n('${'a'.repeat(300)}');`)]],

  'manifest-keys': [[widget({ code: 'x' })], [widget({ support: undefined })], [manifest({ settings: undefined })], [manifest({ extra: 1 })]],
  'manifest-values': [[widget({ version: 'new' })], [widget({ interface_version: 1 })], [widget({ locale: ['ru', 'xx'] })], [widget({ init_once: 'yes' })], [widget({ support: {} })]],
  'settings-fields': [[manifest({ settings: { a: { name: 'widget.name', type: 'color', required: true } } })], [manifest({ settings: twoCustom() })]],
  tour: [[manifest({ tour: { ...MANIFEST.tour, is_tour: false } })], [manifest({ tour: { ...MANIFEST.tour, tour_images: { ru: ['/images/none.png'] } } })]],
  locations: [
    [manifest({ locations: [...MANIFEST.locations, 'clist'] })],
    [manifest({ locations: [...MANIFEST.locations, 'everywhere'] })],
    [manifest({ locations: [...MANIFEST.locations, 'kitchen'] })],
    [manifest({ locations: ['everywhere-1', 'lcard-1', 'settings'] })],
    [manifest({ locations: ['everywhere', 'lcard-1'] })],
    [widget({ init_once: false })],
  ],
  callbacks: [[code('', { render: '' })], [code('', { render: 'if (self) return true;' })], [code('', { render: 'return 1;' })], [renamed('onSave', 'onKeep')], [renamed('onSave: () => true', 'onSave() {}')]],
  'location-blocks': [[manifest({ advanced: { title: 'widget.name' } })], [manifest({ dp: {} })], [manifest({ left_menu: {} })]],

  'words-structure': [[words('en', { hello: undefined })], [words('en', { more: 'More' })]],
  'words-places': [[words('en', { hello: '{nmae} calls' })]],
  'words-empty': [[words('ru', { hello: ' ' })]],
  'words-unused': [[{ ...words('ru', { more: 'Ещё' }), ...words('en', { more: 'More' }) }]],
  'words-unknown': [[code("self.i18n('widget.helo');")], [code('self.i18n(`widget.states.${APP.lang_id}`);')], [widget({ name: 'widget.title' })]],
  'words-language': [[words('en', { hello: 'Звонит {name}' })], [words('ru', { hello: 'somebody calls {name}' })]],
  'words-links': [[words('en', { description: 'see station.ru' })], [words('ru', { description: '<a href="https://station.example.com">тут</a>' })]],
  'words-markup': [[words('ru', { hello: '<b>Звонит</b> {name}' })]],
  brand: [[words('en', { name: 'amoPhone' })], [words('ru', { description: 'Звонки в AmoCRM' })]],

  syntax: [[code('const = 1;')]],
  evaluation: [[code("eval('1');")], [code("new Function('return 1')();")], [code("setTimeout('go()', 1);")], [code("setTimeout('go' + self.params, 1);")], [code("document.body.setAttribute('onclick', 'go()');")], [code("document.body.append('javascript:go()');")]],
  dialogs: [[code("alert('!');")], [code("window.confirm('?');")]],
  console: [[code("console.log('here');")], [code("console.trace('here');")], [code("console['log']('x');")], [code("self.render().then(console.log);")], [code('const { log } = console; log(1);')]],
  markup: [[code("self.node.innerHTML = '<b>';")], [code("self.node.insertAdjacentHTML('beforeend', 'x');")], [code("jQuery('body').html('x');")], [code("document.write('x');")], [code("jQuery('<b>' + self.params + '</b>');")], [code("jQuery('body').append('<b>' + self.params + '</b>');")]],
  'template-markup': [[code('self.render_template({ body: self.params.name, render: \'\' });')], [code('self.render_template({ body: `<b>${self.params}</b>`, render: \'\' });')]],
  'synchronous-request': [[code("const x = self.params; x.open('GET', '/', false);")], [code("jQuery.ajax({ url: '/', async: false });")]],
  'script-injection': [[code("document.createElement('script');")], [code("import('./more.js');")], [code("jQuery.getScript('/more.js');")]],
  'virtual-click': [[code("jQuery('.js-widget-save').trigger('click');")], [code("document.querySelector('button').click();")], [code("document.querySelector('form').requestSubmit();")], [code("document.querySelector('button').dispatchEvent(new Event('click'));")]],
  'style-injection': [[code("document.head.append(document.createElement('style'));")], [code('document.styleSheets[0].insertRule(self.params);')]],
  'debug-code': [[code('debugger;')], [code('/* TODO: finish */')]],
  'commented-out-code': [[code('// self.render();')], [code('/*\n * if (self) {\n * }\n */')]],

  'amd-module': [[{ 'script.js': 'window.station = 1;' }], [code('', { names: "['jquery', 'lodash']" })]],
  'undeclared-name': [[code('total = 1;')], [code('missing();')]],
  'unused-name': [[code('const total = 1;')], [code('function never() {}')]],
  'platform-object': [[code('AMOCRM.isCard();')], [code('APP.router.navigate();')], [code('self._secret();')], [code('window.APP.isCard();')], [code('const app = APP; app.isCard();')]],
  'page-changed': [[code('window.station = self;')], [code('globalThis.station = self;')], [code('Array.prototype.last = () => 1;')]],
  'platform-changed': [[code('APP.data.current_card = null;')], [code("APP.constant('user', {});")], [code('delete APP.data;')]],
  'requests-in-loops': [
    [code('for (const url of self.params.urls) self.$authorizedAjax({ url });')],
    [code('self.params.urls.forEach((url) => self.crm_post(url));')],
    [code('const ask = (url) => self.$authorizedAjax({ url }); setInterval(() => ask(1), 1000);')],
    [code('const ask = (url) => self.$authorizedAjax({ url }); const deep = { go: () => ask(1) }; while (self.params) deep.go();')],
    [code('const ask = (url) => self.$authorizedAjax({ url }); self.params.urls.map(ask);')],
    [code("for (const id of [1, 2]) jQuery.ajax({ url: '/api/v4/leads/' + id });")],
  ],
  'external-host': [[code("load(['https://cdn.example.org/x']);")], [code('load([`//cdn.example.org/${self.params.id}`]);')], [code("load(['http://station.example.com/x']);")]],

  'global-style': [[style('body { margin: 0; }')], [style('.ps-box { margin: 0; }')], [style('.phone-station .ps-box, .ps-box { margin: 0; }')], [style(':root { --x: 1; }')], [style('.phone-station + .ps-box { margin: 0; }')]],
  'class-name': [[style('.phone-station .button { margin: 0; }')]],
  'unused-style': [[style('.phone-station .ps-never { margin: 0; }')]],
  'style-rules': [[style("@import 'more.css';")], [style('@keyframes turn { to { rotate: 1turn; } }')], [style("@font-face { font-family: 'x'; }")]],
  'style-hosts': [[style('.phone-station .ps-box { background: url(x.png); }')]],

  'image-size': [[{ 'images/logo_min.png': png(85, 84) }], [{ 'images/tour.png': png(1188, 600) }]],
  'image-weight': [[{ 'images/logo_min.png': png(84, 84, { weight: 300_001 }) }]],
  'image-kind': [[{ 'images/logo_min.png': 'GIF89a' }]],
  'image-still': [[{ 'images/logo_min.png': png(84, 84, { chunks: ['acTL'] }) }]],
};

/** What looks like a break and is none. */
const ALLOWED = {
  console: [code("console.debug('x');"), code("try { load(['y']); } catch (error) { console.trace(error); }")],
  dialogs: [code('const confirm = () => 1; confirm();')],
  markup: [code("jQuery('body').html();")],
  'requests-in-loops': [
    code('const ask = (url) => self.$authorizedAjax({ url }); for (const node of self.params.nodes) node.on({ click: () => ask(1) });'),
    code('const ask = (url) => self.$authorizedAjax({ url }); ask(1);'),
  ],
  'words-unused': [
    { ...plural(), ...code("self.i18n('widget.calls');") },
    { ...plural(), ...code('self.i18n(`widget.calls.${self.params.form}`);') },
  ],
  'words-language': [{ ...words('ru', { hello: 'manager.conf {name}' }) }],
  'unused-style': [{ ...style('.phone-station .ps-state-on { margin: 0; }'), ...code('self.i18n(`ps-state-${self.params.state}`);') }],
  'commented-out-code': [code('/* waits; then asks again */'), code('// ms; long enough')],
  'external-host': [code("document.createElementNS('http://www.w3.org/2000/svg', 'svg');")],
};

test('the sound archive has no problem', () => {
  assert.deepEqual(found({}), []);
});

test('every rule has a break', () => {
  assert.deepEqual(Object.keys(RULES).sort(), Object.keys(BREAKS).sort());
});

for (const [rule, breaks] of Object.entries(BREAKS)) {
  test(`finds ${rule}`, () => {
    for (const [changes, about] of breaks) assert.ok(found(changes, about).includes(rule), `${rule} is not found in ${JSON.stringify(changes).slice(0, 300)}`);
  });
}

for (const [rule, changes] of Object.entries(ALLOWED)) {
  test(`lets ${rule} pass where it is none`, () => {
    for (const change of changes) assert.ok(!found(change).includes(rule), `${rule} is found in ${JSON.stringify(change).slice(0, 300)}`);
  });
}

test('tells where it is', async () => {
  const [problem] = problems(archive(code('debugger;')));
  assert.deepEqual(problem, { rule: 'debug-code', file: 'script.js', line: 15, message: 'debugger' });
});

function inFolder() {
  const names = ['manifest.json', 'script.js', 'style.css', 'i18n/ru.json', 'i18n/en.json', 'images/logo_main.png', 'images/logo_small.png', 'images/logo.png', 'images/logo_medium.png', 'images/logo_min.png', 'images/tour.png'];
  return { ...Object.fromEntries(names.map((name) => [name, null])), 'widget/manifest.json': json(MANIFEST) };
}

function twoCustom() {
  const field = { name: 'widget.name', type: 'custom', required: true };
  return { a: field, b: field };
}

function renamed(from, to) {
  return { 'script.js': script().replace(from, to) };
}

function plural() {
  return { ...words('ru', { calls: { one: 'Звонок', few: 'Звонка', many: 'Звонков' } }), ...words('en', { calls: { one: 'Call', few: 'Calls', many: 'Calls' } }) };
}
