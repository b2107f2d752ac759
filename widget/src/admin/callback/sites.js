import { fill, h } from '../../ui/dom.js';
import { copyableText } from '../form/copyable-text.js';
import { choice, manyLines, text } from '../form/inputs.js';
import { button, field, section } from '../form/form.js';
import { nameValueLines } from '../form/name-value-lines.js';
import { stageOptions } from '../settings/stage-options.js';

/** The sites that may send callback requests: each with its script tag, its server's secret, and whom to call. */

const PATH = 'settings.callback.sites';

export function sitesSection(page) {
  const { form, say } = page;
  const wrong = h('p', { class: 'ps-error', role: 'alert', hidden: true });
  const all = form.get(PATH);
  const add = button(say('sites.add'), () => addSite(page, wrong), 'ps-main');
  const cards = all.map((_, index) => card(page, index));
  const list = h('div', { tabindex: '-1' }, cards.length ? cards : h('p', {}, say('sites.none')));
  const whole = field(form, PATH, { label: say('sites.title'), bare: true, kind: 'ps-wide' }, { node: list, isGroup: true });
  return section(say('sites.title'), say('sites.about'), whole, h('p', { class: 'ps-row' }, add), wrong);
}

/** The service makes the key and the secret; the rest is saved with the page. */
async function addSite(page, wrong) {
  const { amo, form, say } = page;
  try {
    const site = await amo.ask('POST', '/api/callback/sites');
    secrets(page).set(site.key, site);
    const fresh = { key: site.key, name: say('sites.new'), hosts: [], target: null, stage: null, departments: {} };
    form.set(PATH, [...form.get(PATH), fresh]);
    page.redraw('callbacks');
    form.focus(`${PATH}.${form.get(PATH).length - 1}.name`);
  } catch (refusal) {
    if (!refusal.kind) throw refusal;
    wrong.textContent = refusal.message;
    wrong.hidden = false;
  }
}

/** Secrets that were made during this visit, by the key of their site; never kept. */
function secrets({ state }) {
  state.siteSecrets ??= new Map();
  return state.siteSecrets;
}

function card(page, index) {
  const { form, say, answer } = page;
  const script = h('div');
  const drawScript = () => fill(script, scriptLine(page, form.get(`${PATH}.${index}`)));
  const site = formOfSite(form, index, drawScript);
  const at = (name) => `${PATH}.${index}.${name}`;
  const put = (name, control, hint) => field(form, at(name), { label: say(`sites.${name}`), hint: hint && say(hint) }, control);
  const stages = stageOptions(answer.stages, say('stage.as_crm'), say('stage.first'));
  const remove = () => {
    form.set(
      PATH,
      form.get(PATH).filter((_, other) => other !== index),
    );
    page.redraw('callbacks');
  };
  drawScript();
  return h(
    'div',
    { class: 'ps-site', data: { site: form.get(at('key')) } },
    h(
      'div',
      { class: 'ps-columns' },
      put('name', text(site, at('name'))),
      put('target', text(site, at('target'), { empty: null, inputmode: 'numeric' })),
      put(
        'stage',
        choice(stages, form.get(at('stage')), (value) => site.set(at('stage'), value)),
      ),
    ),
    h(
      'div',
      { class: 'ps-columns' },
      put('hosts', manyLines(site, at('hosts'), { rows: 3, placeholder: 'shop.example.com' }), 'sites.hosts_hint'),
      put(
        'departments',
        nameValueLines(site, at('departments'), { placeholder: say('sites.departments_as') }),
        'sites.departments_hint',
      ),
    ),
    field(form, at('key'), { label: say('sites.script'), kind: 'ps-wide' }, { node: script, isGroup: true }),
    server(page, form.get(at('key'))),
    h('p', { class: 'ps-row' }, button(say('sites.remove'), remove, 'ps-bare')),
  );
}

/** The form as one site's controls use it: an item of a list is changed by writing the whole list. */
function formOfSite(form, index, changed) {
  return {
    get: (path) => form.get(path),
    set(path, value) {
      const name = path.split('.').at(-1);
      const all = form.get(PATH).map((each, other) => (other === index ? { ...each, [name]: value } : each));
      form.set(PATH, all, path);
      changed();
    },
  };
}

function scriptLine({ amo, say }, { key, departments: chosen }) {
  return copyableText(say, scriptOf(amo.backend, key, Object.keys(chosen)));
}

/** The tag for a site's pages; a department's name is escaped in it. @param {string} backend @param {string} key @param {string[]} names */
export function scriptOf(backend, key, names) {
  const asText = (value) => value.replace(/[&"<>]/g, (letter) => `&#${letter.charCodeAt(0)};`);
  const list = names.length ? ` data-departments="${asText(names.join('|'))}"` : '';
  return `<script src="${backend}/callback.js" data-site="${key}"${list} async></script>`;
}

function server(page, key) {
  const { say } = page;
  const place = h('div', { 'aria-live': 'polite' });
  const draw = () => fill(place, secretLines(page, key) || renewal(page, key, draw));
  draw();
  return h('details', { class: 'ps-fold', open: secrets(page).has(key) }, h('summary', {}, say('sites.server')), place);
}

function secretLines(page, key) {
  const { say } = page;
  const site = secrets(page).get(key);
  if (!site) return null;
  const line = (name, value) => [h('p', { class: 'ps-label' }, say(`sites.${name}`)), copyableText(say, value)];
  return [h('p', { class: 'ps-hint' }, say('sites.once')), line('secret', site.secret), line('hook', site.hook)];
}

function renewal(page, key, draw) {
  const { amo, say } = page;
  const wrong = h('span', { class: 'ps-error', role: 'alert', hidden: true });
  const renew = async () => {
    try {
      secrets(page).set(key, await amo.ask('POST', `/api/callback/sites/${key}/secret`));
      draw();
    } catch (refusal) {
      if (!refusal.kind) throw refusal;
      wrong.textContent = refusal.message;
      wrong.hidden = false;
    }
  };
  const again = h('p', { class: 'ps-row' }, button(say('sites.renew'), renew), wrong);
  return [h('p', { class: 'ps-hint' }, say('sites.hidden')), again];
}
