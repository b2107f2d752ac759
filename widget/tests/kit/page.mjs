/** A page with amoCRM's objects on it, as much of them as the modules under test meet. */
import { readdirSync, readFileSync } from 'node:fs';
import jQueryFactory from 'jquery';
import { JSDOM } from 'jsdom';
import { createAmo } from '../../src/amocrm.js';

export const BACKEND = 'https://station.example.com';
export const LANGUAGES = { ru: about('ru'), en: about('en') };
const GLOBALS = ['document', 'location', 'localStorage', 'Event', 'KeyboardEvent', 'HTMLElement'];

/**
 * `answers(request)` plays the backend: it returns the answer's JSON, or throws {status, error, …}. What was asked is in `asked`,
 * what was said to amoCRM in `told`, links to be loaded in `loaded`.
 */
export function openPage({ language = 'ru', area = 'leads_card', card = { id: 12 }, account = { id: 31, currency: 'RUB' }, answers = () => ({}) } = {}) {
  const dom = new JSDOM('<!doctype html><head></head><body><div class="right"></div></body>', { url: 'https://firm.amocrm.ru/' });
  for (const name of GLOBALS) globalThis[name] = dom.window[name];
  const jQuery = jQueryFactory(dom.window);
  const page = { dom, jQuery, area, card, asked: [], told: [], loaded: [], actions: {} };
  globalThis.APP = appOf(page, { language, account });
  const self = widgetOf(page, { language, answers });
  const load = (names, done) => page.loaded.push(...names) && done({ name: names[0] });
  return Object.assign(page, { self, amo: createAmo(self, { jQuery, load, backend: BACKEND, languages: LANGUAGES }) });
}

/** One turn of the event loop: answers that are there have been handled. */
export function settle() {
  return new Promise((done) => setImmediate(done));
}

function appOf(page, { language, account }) {
  return {
    lang_id: language,
    constant: (name) => ({ account })[name],
    isCard: () => Boolean(page.card),
    getWidgetsArea: () => page.area,
    data: { get current_card() { return page.card ?? false; } },
    sdk: { setCallingStatus: (status) => page.told.push({ status }) },
    notifications: { show_message_error: (message) => page.told.push(message) },
  };
}

function widgetOf(page, { language, answers }) {
  const said = words(language);
  return {
    get_settings: () => ({ path: 'https://widgets.example.com/station', version: '1.2.3', widget_code: 'station' }),
    get_install_status: () => 'installed',
    system: () => ({ amouser_id: '7', subdomain: 'firm' }),
    i18n: (key) => key.split('.').reduce((section, step) => section?.[step], said) ?? '',
    add_action: (type, listener) => { page.actions[type] = listener; },
    render_template: ({ caption, body }) => { document.querySelector('.right').innerHTML += `<h4>${caption.html}</h4>${body}`; },
    $authorizedAjax: (options) => answered(page, options, answers),
  };
}

function answered({ jQuery, asked }, options, answers) {
  const deferred = jQuery.Deferred();
  asked.push({ method: options.method, url: options.url, body: options.data && JSON.parse(options.data) });
  setImmediate(() => {
    try {
      deferred.resolve(answers(asked.at(-1)));
    } catch ({ status, ...responseJSON }) {
      deferred.reject({ status, responseJSON: responseJSON.error ? responseJSON : undefined });
    }
  });
  return deferred.promise();
}

function about(language) {
  return JSON.parse(readFileSync(new URL(`../../i18n/${language}/language.json`, import.meta.url)));
}

/** As the build puts them together: each file adds to what the others say. */
export function words(language) {
  const folder = new URL(`../../i18n/${language}/`, import.meta.url);
  return readdirSync(folder).filter((name) => name !== 'language.json').reduce((whole, name) => merged(whole, JSON.parse(readFileSync(new URL(name, folder)))), {});
}

function merged(one, other) {
  if (typeof one !== 'object' || typeof other !== 'object') return other;
  const both = Object.entries(other).map(([key, value]) => [key, key in one ? merged(one[key], value) : value]);
  return { ...one, ...Object.fromEntries(both) };
}
