/** What the scenes of the tour share: a CRM's page drawn in outline, and the widget's real modules on made-up answers. */
import { plural, money } from '../../src/ui/format.js';
import { fill, h } from '../../src/ui/dom.js';

export const language = new URLSearchParams(location.search).get('lang') ?? 'ru';
export const pick = (ru, en) => (language === 'ru' ? ru : en);
export const NOW = Date.now() / 1000;

const SECTIONS = ['widget', 'panel', 'popups', 'phone', 'admin'];
const said = Object.assign({}, ...(await Promise.all(SECTIONS.map((name) => json(`../../i18n/${language}/${name}.json`)))));

const about = await json(`../../i18n/${language}/language.json`);

async function json(path) {
  return (await fetch(new URL(path, import.meta.url))).json();
}

function words(key, values = {}) {
  const found = key.split('.').reduce((section, step) => section?.[step], said);
  const text = typeof found === 'object' ? found[plural(language, values.count)] : found;
  return String(text ?? key).replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole);
}

/** `answers`: path without its question → JSON. */
export function amoOf(answers = {}) {
  const nothing = () => () => {};
  return {
    language,
    locale: about.locale,
    words,
    backend: location.origin,
    account: { id: 1 },
    user: { id: 1 },
    ask: async (method, path) => answers[path.split('?')[0]] ?? {},
    card: () => ({ entity: 'leads', id: 1 }),
    cardPlace: () => document.querySelector('.ps-panel'),
    inCall() {},
    link: () => '#',
    load: async (name) => (await import(`../../node_modules/uplot/dist/${name}.esm.js`)).default,
    money: (price) => money(language, price, pick('RUB', 'USD')),
    newContactLink: () => '#',
    onPage: nothing,
    onPhone: nothing,
    onTurnedOff: nothing,
  };
}

export function streamOf(state) {
  return { state: { me: null, colleagues: [], missed: [], popups: {}, closing: {}, touched: {}, skew: 0, connection: 'live', ...state }, on: () => () => {}, share() {} };
}

/** A lead's card in outline; returns its right column. */
export function drawCard() {
  const bar = (width) => h('span', { class: 'bar', style: `width:${width}px` });
  const field = (name, value) => h('div', { class: 'field' }, h('span', null, name), typeof value === 'number' ? bar(value) : h('b', null, value));
  const entry = () => h('div', { class: 'entry' }, h('span', { class: 'bar' }), h('span', { class: 'bar' }));
  const column = h('div', { class: 'column' });
  const fields = h(
    'div',
    { class: 'fields' },
    h('div', { class: 'stage' }, pick('Переговоры', 'Negotiation')),
    field(pick('Бюджет', 'Budget'), pick('184 000 ₽', '$18,400')),
    field(pick('Контакт', 'Contact'), pick('Ольга Лебедева', 'Olivia Larsen')),
    field(pick('Компания', 'Company'), pick('ООО «Север»', 'North Ltd')),
    [150, 110, 140, 90].map((width) => field(bar(60), width)),
  );
  draw(pick('Остекление офиса', 'Office windows'), h('div', { class: 'body' }, fields, h('div', { class: 'feed' }, [0, 1, 2, 3, 4].map(entry)), column));
  return column;
}

export function draw(title, body) {
  const menu = h('div', { class: 'menu' }, [0, 1, 2, 3, 4, 5].map(() => h('i')));
  const top = h('div', { class: 'top' }, title);
  fill(document.body, h('div', { class: 'window' }, menu, h('div', { class: 'main' }, top, body)));
}

export function done() {
  document.body.dataset.drawn = '';
}

export function call(changes) {
  return { direction: 'inbound', result: 'answered', at: NOW, number: '+79161234567', phone: pick('+7 916 123-45-67', '+1 202 555-0143'), employees: [], ...changes };
}
