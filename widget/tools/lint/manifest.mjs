/** docs/amocrm-contract.md §4.2–4.4: the manifest, its locations and what the script has for them. */
import { keyLine } from './archive.mjs';
import { at, chain, isFunction, propertyName, texts } from './script.mjs';

const KEYS = ['widget', 'locations', 'settings', 'tour', 'advanced', 'dp', 'left_menu', 'salesbot_designer', 'sms', 'mobile'];
const WIDGET_KEYS = ['name', 'description', 'short_description', 'version', 'interface_version', 'init_once', 'locale', 'installation', 'is_showcase', 'support'];
const WIDGET_REQUIRED = ['name', 'description', 'short_description', 'version', 'interface_version', 'locale', 'installation', 'support'];
const LANGUAGES = ['ru', 'en', 'es', 'pt'];
const FIELD_TYPES = ['text', 'pass', 'users', 'users_lp', 'custom'];
const CARDS = ['lcard', 'ccard', 'comcard', 'cucard'];
const LISTS = ['llist', 'clist', 'culist'];
const OTHERS = ['tlist', 'tline', 'tcalendar', 'settings', 'advanced_settings', 'card_sdk', 'catalogs', 'digital_pipeline', 'lead_sources', 'whatsapp_modal', 'salesbot_designer', 'sms', 'mobile_card', 'amoforms', 'widget_page', 'everywhere'];
const AREAS = { lcard: 'leads_card', ccard: 'contacts_card', comcard: 'companies_card', cucard: 'customers_card' };
const CALLBACK_OF = { settings: 'settings', advanced_settings: 'advancedSettings', digital_pipeline: 'dpSettings', widget_page: 'initMenuPage', lead_sources: 'onSource', salesbot_designer: 'salesbotDesignerSettings' };
const BLOCK_OF = { advanced_settings: 'advanced', digital_pipeline: 'dp', widget_page: 'left_menu', salesbot_designer: 'salesbot_designer', sms: 'sms', mobile_card: 'mobile' };
const REQUIRED_CALLBACKS = ['render', 'init', 'bind_actions', 'onSave', 'settings', 'destroy'];
const MUST_RETURN_TRUE = ['render', 'init', 'bind_actions'];

export const rules = {
  *'manifest-keys'({ manifest, text }) {
    const { widget = {} } = manifest;
    const wrong = (key, message) => ({ file: 'manifest.json', line: keyLine(text('manifest.json'), key), message: `${key}: ${message}` });
    for (const key of Object.keys(manifest)) if (!KEYS.includes(key)) yield wrong(key, 'is not a key of the manifest');
    for (const key of Object.keys(widget)) if (!WIDGET_KEYS.includes(key)) yield wrong(key, 'is not a key of widget');
    for (const key of WIDGET_REQUIRED) if (!(key in widget)) yield wrong(`widget.${key}`, 'is required');
    for (const key of ['locations', 'settings', 'tour']) if (!(key in manifest)) yield wrong(key, 'is required');
  },

  *'manifest-values'({ manifest: { widget = {} } }) {
    const wrong = (message) => ({ file: 'manifest.json', message });
    if (!/^\d+(\.\d+){1,2}$/.test(widget.version ?? '')) yield wrong('widget.version must be like "1.2.3"');
    if (widget.interface_version !== 2) yield wrong('widget.interface_version must be 2');
    for (const key of ['init_once', 'installation']) if (typeof widget[key] !== 'boolean') yield wrong(`widget.${key} must be true or false`);
    if (!widget.locale?.length || !widget.locale.every((each) => LANGUAGES.includes(each))) yield wrong('widget.locale must list ru, en, es, pt');
    if (!widget.support?.link?.startsWith('https://') && !widget.support?.email) yield wrong('widget.support needs a link (https) or an email');
  },

  *'settings-fields'({ manifest: { settings = {} } }) {
    const fields = Object.entries(settings);
    const wrong = (message) => ({ file: 'manifest.json', message });
    for (const [code, { name, type, required }] of fields) {
      if (!name || !FIELD_TYPES.includes(type) || typeof required !== 'boolean') yield wrong(`settings.${code} needs a name, a type and required`);
    }
    if (fields.filter(([, { type }]) => type === 'custom').length > 1) yield wrong('settings: one custom field at most');
  },

  *tour({ manifest: { tour, widget = {} }, files }) {
    const wrong = (message) => ({ file: 'manifest.json', message });
    if (!tour) return;
    if (tour.is_tour !== true || !tour.tour_description) yield wrong('tour needs is_tour and tour_description');
    for (const language of widget.locale ?? []) {
      const images = tour.tour_images?.[language] ?? [];
      if (!images.length) yield wrong(`tour.tour_images.${language} is empty`);
      for (const image of images) if (!files.has(image.replace(/^\//, ''))) yield wrong(`${image} is not in the archive`);
    }
  },

  *locations(archive) {
    const { locations = [] } = archive.manifest;
    const wrong = (message) => ({ file: 'manifest.json', line: keyLine(archive.text('manifest.json'), 'locations'), message });
    for (const location of locations) {
      const name = location.replace(/^(lcard|ccard|comcard|cucard|llist|clist|culist)-[01]$/, '$1');
      if (![...CARDS, ...LISTS, ...OTHERS].includes(name)) yield wrong(`${location}: no such location`);
      else if (!isLocationUsed(archive, name)) yield wrong(`${location}: nothing in the script is for it`);
    }
    if (new Set(locations).size !== locations.length) yield wrong('a location is named twice');
    for (const [location, callback] of Object.entries(CALLBACK_OF)) {
      if (callbacks(archive).has(callback) && !locations.includes(location)) yield wrong(`${location}: used by the script, not named`);
    }
  },

  *callbacks(archive) {
    const found = callbacks(archive);
    for (const name of REQUIRED_CALLBACKS) if (!found.has(name)) yield { file: 'script.js', message: `callbacks.${name} must exist` };
    for (const name of MUST_RETURN_TRUE) {
      if (found.has(name) && !alwaysTrue(found.get(name))) yield at(archive.scripts.find(isMain), found.get(name), `callbacks.${name} must return true`);
    }
    const save = found.get('onSave');
    if (save && !returns(save).length) yield at(archive.scripts.find(isMain), save, 'callbacks.onSave must return true or a promise');
  },

  *'location-blocks'({ manifest }) {
    for (const [location, block] of Object.entries(BLOCK_OF)) {
      const isNamed = manifest.locations?.includes(location) ?? false;
      if (isNamed !== (block in manifest)) yield { file: 'manifest.json', message: `${block} goes with the location ${location}` };
    }
    if (manifest.advanced && !manifest.advanced.title) yield { file: 'manifest.json', message: 'advanced needs a title' };
  },
};

function isLocationUsed(archive, name) {
  if (name in CALLBACK_OF) return callbacks(archive).has(CALLBACK_OF[name]);
  if (CARDS.includes(name)) return mentions(archive, AREAS[name]) && calls(archive, 'render_template');
  if (LISTS.includes(name)) return calls(archive, 'list_selected');
  return name !== 'everywhere' || archive.manifest.widget?.init_once === true;
}

function mentions({ scripts }, word) {
  return scripts.some((script) => script.nodes.some((node) => node.name === word) || texts(script).some(({ text }) => text === word));
}

function calls({ scripts }, name) {
  return scripts.some(({ nodes }) => nodes.some((node) => node.type === 'CallExpression' && chain(node.callee).at(-1) === name));
}

function isMain({ file }) {
  return file === 'script.js';
}

/** The functions of `….callbacks = {…}` by name. */
function callbacks({ scripts }) {
  const nodes = scripts.find(isMain)?.nodes ?? [];
  const set = nodes.find(({ type, left }) => type === 'AssignmentExpression' && chain(left).at(-1) === 'callbacks');
  const properties = set?.right.properties ?? [];
  return new Map(properties.map((property) => [propertyName(property), property.value]));
}

function alwaysTrue(callback) {
  const values = returns(callback);
  const endsSo = callback.body.type !== 'BlockStatement' || callback.body.body.at(-1)?.type === 'ReturnStatement';
  return endsSo && values.length > 0 && values.every((value) => value.type === 'Literal' && value.value === true);
}

/** What a function may return, without the functions inside it. */
function returns(callback) {
  if (callback.body.type !== 'BlockStatement') return [callback.body];
  const within = (node) => (isFunction(node) ? [] : node.type === 'ReturnStatement' ? [node.argument] : inner(node).flatMap(within));
  return inner(callback.body).flatMap(within).filter(Boolean);
}

function inner(node) {
  const parts = Object.entries(node).filter(([key]) => key !== 'parent').flatMap(([, value]) => value);
  return parts.filter((value) => typeof value?.type === 'string');
}
