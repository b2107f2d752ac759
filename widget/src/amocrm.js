/* global APP */
import { h, mount } from './dom.js';
import { money, plural } from './format.js';
import { hearers } from './hearers.js';

/**
 * All that we know of amoCRM's browser side (docs/amocrm-contract.md §4.4–4.7); no other file names APP or the
 * widget object.
 * `self` is the widget that amoCRM makes, `jQuery` and `load` (AMD's require) come from its loader, `backend` is our address.
 */

const CARDS = { leads_card: 'leads', contacts_card: 'contacts', companies_card: 'companies' };
const PATIENCE = 30000; // ms; a check of the PBX logs in and waits for answers

export function createAmo(self, { jQuery, load, backend }) {
  const { path: home, version, widget_code: code } = self.get_settings();
  const account = APP.constant('account') || {};
  const language = APP.lang_id === 'ru' ? 'ru' : 'en';
  const phones = hearers();
  const ends = hearers();
  let isPhoneOffered = false;

  const words = (key, values = {}) => fill(self.i18n(key), key, values, language);

  return {
    backend,
    code,
    language,
    version,
    words,
    account: { id: account.id },
    user: { id: Number(self.system().amouser_id) },
    ask: (method, path, body) => ask(self, words, { url: address(backend, path, language), method, body }),
    card: currentCard,
    cardPlace: () => cardPlace(self, code, words),
    fail,
    failToLoad: () => fail(words('widget.name'), words('errors.load')),
    inCall: (isTalking) => APP.sdk.setCallingStatus(isTalking),
    link: (entity, id) => `/${entity}/detail/${id}`,
    load: (name) => new Promise((done, failed) => load([`${home}/lib/${name}.js?v=${version}`], done, failed)),
    isInstalled: () => self.get_install_status() === 'installed',
    loadStyles: () => loadStyles(`${home}/style.css?v=${version}`),
    money: (price) => money(language, price, account.currency),
    ourPage: (path) => address(backend, path, language),
    onPage: (listener) => onPage(jQuery, code, listener),
    onPhone(listener) {
      if (!isPhoneOffered) self.add_action('phone', ({ value }) => phones.tell({ phone: String(value) }));
      isPhoneOffered = true;
      return phones.add(listener);
    },
    onTurnedOff: ends.add,
    settingsPlace: () => document.querySelector(`#work-area-${code}`) ?? document.querySelector('#list_page_holder'),
    turnOff: ends.tell,
  };
}

/** The text of a key; of an object of plural forms (one, few, many) the one that fits `values.count`. */
function fill(found, key, values, language) {
  const text = typeof found === 'object' && found ? found[plural(language, values.count)] : found;
  return String(text || key).replace(/\{(\w+)\}/g, (hole, name) => values[name] ?? hole);
}

function address(backend, path, language) {
  const url = new URL(path, backend);
  url.searchParams.set('lang', language);
  return url.href;
}

function ask(self, words, { url, method, body }) {
  const sent = body === undefined ? {} : { data: JSON.stringify(body), contentType: 'application/json' };
  return new Promise((done, failed) => {
    self
      .$authorizedAjax({ url, method, dataType: 'json', timeout: PATIENCE, ...sent })
      .then(done, (xhr) => failed(refusal(xhr, words)));
  });
}

/** What went wrong, in words: the backend's own refusal, else a broken network or a strange answer. */
function refusal(xhr, words) {
  const told = xhr.responseJSON;
  if (told?.error) return { kind: told.error, message: told.message, fields: told.fields ?? [], status: xhr.status };
  const kind = xhr.status ? 'server' : 'network';
  return { kind, message: words(`errors.${kind}`), fields: [], status: xhr.status };
}

function currentCard() {
  const entity = CARDS[APP.getWidgetsArea()];
  const id = APP.isCard() && entity && APP.data.current_card.id;
  return id ? { entity, id: Number(id) } : null;
}

/** Our place in the card's right column: the one that stands there, else a new one. */
function cardPlace(self, code, words) {
  const standing = document.querySelector('.ps-panel');
  if (standing) return standing;
  self.render_template({
    caption: { class_name: `${code}-caption`, html: escaped(words('widget.name')) },
    body: '<div class="phone-station ps-panel"></div>',
    render: '',
  });
  return document.querySelector('.ps-panel');
}

/** Our rules in the page's head, once. */
function loadStyles(href) {
  const standing = [...document.querySelectorAll('link[rel="stylesheet"]')].some((link) => link.getAttribute('href') === href);
  if (!standing) mount(document.head, h('link', { rel: 'stylesheet', href }));
}

function fail(header, text) {
  APP.notifications.show_message_error({ header: escaped(header), text: escaped(text) });
}

function onPage(jQuery, code, listener) {
  const tell = () => listener();
  const event = `page:changed.${code}`;
  jQuery(document).on(event, tell);
  return () => jQuery(document).off(event, tell);
}

function escaped(text) {
  const marks = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return String(text).replace(/[&<>"']/g, (mark) => marks[mark]);
}
