import { h, mount } from './ui/dom.js';
import { money, plural } from './ui/format.js';
import { createListeners } from './ui/listeners.js';

/** @import { Entity, Refusal } from './api' */

/**
 * @typedef {ReturnType<typeof createAmo>} Amo
 * @typedef {Record<string, {locale: string, name: string, contact_name: string, lead_name: string}>} Languages by code
 * @typedef {Record<string, string | number>} Values what fills a text's placeholders
 * @typedef {(key: string, values?: Values) => string} Words
 * @typedef {{jQuery: AmoJQuery, load: AmoLoader, backend: string, languages: Languages}} Loaded
 */

/**
 * All that this widget knows of amoCRM's browser side (docs/amocrm-contract.md §4.4–4.7); no other file names APP or the widget
 * object. `self` is the widget that amoCRM makes; `jQuery` and `load` (AMD's require) come from its loader; `backend` is the
 * address of our service; `languages` are those the widget has words in.
 */

/** @type {Record<string, Entity>} */
const CARDS = { leads_card: 'leads', contacts_card: 'contacts', companies_card: 'companies' };
const FALLBACK_LANGUAGE = 'en'; // for users whose language the widget has no words in
const REQUEST_TIMEOUT = 30000; // ms; a check of the PBX logs in and waits for its answers

/** @param {AmoWidget} self @param {Loaded} loaded */
export function createAmo(self, { jQuery, load, backend, languages }) {
  const { path: home, version, widget_code: code } = self.get_settings();
  const account = APP.constant('account') || {};
  const language = Object.hasOwn(languages, APP.lang_id) ? APP.lang_id : FALLBACK_LANGUAGE;
  /** @type {import('./ui/listeners.js').Listeners<[{phone: string}]>} */
  const clicks = createListeners();
  const ends = createListeners();
  let isPhoneOffered = false;

  /** @type {Words} */
  const words = (key, values = {}) => textOf(self.i18n(key), key, values, language);

  return {
    backend,
    code,
    language,
    languages,
    locale: languages[language].locale,
    version,
    words,
    account: { id: account.id },
    user: { id: Number(self.system().amouser_id) },
    /** Resolves with the answer's JSON; rejects with a Refusal. @param {string} method @param {string} path @param {unknown} [body] @returns {Promise<any>} */
    ask: (method, path, body) => ask(self, words, { url: address(backend, path, language), method, body }),
    card: currentCard,
    cardPlace: () => cardPlace(self, code, words),
    showError,
    failToLoad: () => showError(words('widget.name'), words('errors.load')),
    /** Tells amoCRM whether the user is in a call. @param {boolean} isInCall */
    inCall: (isInCall) => APP.sdk.setCallingStatus(isInCall),
    /** @param {Entity} entity @param {number} id */
    link: (entity, id) => `/${entity}/detail/${id}`,
    /** A part of the archive, lib/{name}.js. @param {string} name @returns {Promise<any>} */
    load: (name) => new Promise((done, failed) => load([`${home}/lib/${name}.js?v=${version}`], done, failed)),
    isInstalled: () => self.get_install_status() === 'installed',
    loadStyles: () => loadStyles(`${home}/style.css?v=${version}`),
    /** @param {number} price */
    money: (price) => money(language, price, account.currency),
    /** A public page of our service. @param {string} path */
    ourPage: (path) => address(backend, path, language),
    /** `listener` is called after amoCRM has changed the page; returns the undo. @param {() => void} listener */
    onPage: (listener) => onPage(jQuery, code, listener),
    /** `listener` gets the number that is clicked in amoCRM; returns the undo. @param {(click: {phone: string}) => void} listener */
    onPhone(listener) {
      if (!isPhoneOffered) self.add_action('phone', ({ value }) => clicks.notify({ phone: String(value) }));
      isPhoneOffered = true;
      return clicks.add(listener);
    },
    onTurnedOff: ends.add,
    settingsPlace: () => document.querySelector(`#work-area-${code}`) ?? document.querySelector('#list_page_holder'),
    turnOff: ends.notify,
  };
}

/**
 * The text of a key; of an object of plural forms (one, few, many) the one that fits `values.count`.
 * @param {any} found @param {string} key @param {Values} values @param {string} language
 */
function textOf(found, key, values, language) {
  const text = typeof found === 'object' && found ? found[plural(language, Number(values.count))] : found;
  return String(text || key).replace(/\{(\w+)\}/g, (placeholder, name) => String(values[name] ?? placeholder));
}

/** @param {string} backend @param {string} path @param {string} language */
function address(backend, path, language) {
  const url = new URL(path, backend);
  url.searchParams.set('lang', language);
  return url.href;
}

/** @param {AmoWidget} self @param {Words} words @param {{url: string, method: string, body: unknown}} request */
function ask(self, words, { url, method, body }) {
  const sent = body === undefined ? {} : { data: JSON.stringify(body), contentType: 'application/json' };
  return new Promise((done, failed) => {
    self
      .$authorizedAjax({ url, method, dataType: 'json', timeout: REQUEST_TIMEOUT, ...sent })
      .then(done, (xhr) => failed(refusalOf(xhr, words)));
  });
}

/**
 * What went wrong, in words: the backend's own refusal, else a broken network or an answer that is none of the backend's.
 * @param {AmoXhr} xhr @param {Words} words @returns {Refusal}
 */
function refusalOf(xhr, words) {
  const answer = xhr.responseJSON;
  if (answer?.error) return { kind: answer.error, message: answer.message, fields: answer.fields ?? [], status: xhr.status };
  const kind = xhr.status ? 'server' : 'network';
  return { kind, message: words(`errors.${kind}`), fields: [], status: xhr.status };
}

/** The lead, contact or company whose card is open; null elsewhere. */
function currentCard() {
  const entity = CARDS[APP.getWidgetsArea()];
  const id = APP.isCard() && entity && APP.data.current_card.id;
  return id ? { entity, id: Number(id) } : null;
}

/**
 * Our place in the card's right column: the one that is there already, else a new one.
 * @param {AmoWidget} self @param {string} code @param {Words} words @returns {Element}
 */
function cardPlace(self, code, words) {
  const present = document.querySelector('.ps-panel');
  if (present) return present;
  self.render_template({
    caption: { class_name: `${code}-caption`, html: escaped(words('widget.name')) },
    body: '<div class="phone-station ps-panel"></div>',
    render: '',
  });
  return /** @type {Element} */ (document.querySelector('.ps-panel'));
}

/** Puts our stylesheet into the page's head, once. @param {string} href */
function loadStyles(href) {
  const isPresent = [...document.querySelectorAll('link[rel="stylesheet"]')].some((link) => link.getAttribute('href') === href);
  if (!isPresent) mount(document.head, h('link', { rel: 'stylesheet', href }));
}

/** @param {string} header @param {string} text */
function showError(header, text) {
  APP.notifications.show_message_error({ header: escaped(header), text: escaped(text) });
}

/** @param {AmoJQuery} jQuery @param {string} code @param {() => void} listener */
function onPage(jQuery, code, listener) {
  const heard = () => listener();
  const event = `page:changed.${code}`;
  jQuery(document).on(event, heard);
  return () => jQuery(document).off(event, heard);
}

/** @param {string} text */
function escaped(text) {
  /** @type {Record<string, string>} */
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return String(text).replace(/[&<>"']/g, (character) => entities[character]);
}
