import { h } from '../../ui/dom.js';
import { choice, longText, text } from '../form/inputs.js';
import { copyableText } from '../form/copyable-text.js';
import { button, field, section } from '../form/form.js';
import { sourceCheck } from './source-check.js';

/** The tab Recordings: where recordings come from, and how long they are kept. */

const AT = 'settings.recordings';
/** Words of a field where they differ from the other sources'. @type {Record<string, Record<string, string>>} */
const WORDS = {
  ari: { url: 'url_ari', path: 'path_ari', username: 'user' },
  sftp: { url: 'url_sftp', username: 'user', secret: 'secret_sftp' },
};
const FIELDS = {
  none: [],
  http: ['url', 'path', 'username', 'secret', 'certificate'],
  ari: ['url', 'path', 'username', 'secret', 'certificate'],
  sftp: ['url', 'path', 'username', 'secret', 'host_key'],
  push: [],
};
const WITHOUT_HINT = ['user'];
const CODE = 'ps-input ps-code';
const CONTROLS = {
  url: (page, source) => line(page, 'url', { empty: null, class: CODE, placeholder: page.say(`recordings.as_${source}`) }),
  path: (page) => line(page, 'path', { class: CODE, list: 'ps-paths' }),
  username: (page) => line(page, 'username', { empty: null }),
  secret: (page, source) => secret(page, source),
  certificate: (page) => longText(page.form, `${AT}.certificate`, { rows: 3, placeholder: '-----BEGIN CERTIFICATE-----' }),
  host_key: (page) => line(page, 'host_key', { empty: null, class: CODE, placeholder: 'SHA256:…' }),
};
const PATHS = ['{year}/{month}/{day}/{name}', '{name}'];

export function recordingsTab(page) {
  return [sourceSection(page), keptSection(page)];
}

function line({ form }, name, more) {
  return text(form, `${AT}.${name}`, more);
}

function put({ form, say }, name, control, words = name) {
  const hint = !WITHOUT_HINT.includes(words) && say(`recordings.${words}_hint`);
  return field(form, `${AT}.${name}`, { label: say(`recordings.${words}`), hint }, control);
}

/** The fields of the chosen source; those of the others keep what was typed. */
function sourceSection(page) {
  const { form, say } = page;
  const choices = Object.keys(FIELDS).map((value) => ({ value, label: say(`recordings.from_${value}`) }));
  const kind = form.get(`${AT}.source`);
  const control = choice(choices, kind, (value) => {
    form.set(`${AT}.source`, value);
    page.redraw('recordings');
    form.focus(`${AT}.source`);
  });
  return section(say('recordings.title'), say('recordings.about'), put(page, 'source', control), fields(page, kind));
}

function fields(page, kind) {
  const drawn = (FIELDS[kind] || []).map((name) => put(page, name, CONTROLS[name](page, kind), WORDS[kind]?.[name]));
  const paths = h('datalist', { id: 'ps-paths' }, PATHS.map((value) => h('option', { value })));
  return [drawn, paths, kind === 'push' && push(page), kind !== 'none' && sourceCheck(page, kind)];
}

/** Always empty: the stored secret is never read back, and it is sent to no other server than its own. */
function secret(page, source) {
  const { form, say, answer } = page;
  const path = `${AT}.secret`;
  const control =
    source === 'sftp'
      ? longText(form, path, { rows: 3, empty: undefined, autocomplete: 'off' })
      : text(form, path, { type: 'password', empty: undefined, autocomplete: 'new-password' });
  const updateHint = () => {
    const words = isKept(form, answer) ? 'connection.secret_kept' : 'connection.secret_again';
    control.node.setAttribute('placeholder', answer.recordings?.has_secret ? say(words) : '');
  };
  updateHint();
  form.watch('settings', updateHint);
  return control;
}

/** Whether the stored secret still belongs to the server and the user in the form. */
function isKept(form, { settings: { recordings: stored } }) {
  const place = ({ source, url, username }) => JSON.stringify([source, (url || '').split('/')[2], username]);
  return place(form.get(AT)) === place(stored);
}

/** The lines contain the account's key, so they exist once the source is saved. */
function push(page) {
  const { say, answer } = page;
  const { lines } = answer.recordings || {};
  if (!lines) return h('p', { class: 'ps-about' }, say('recordings.lines_later'));
  const block = (name) => [h('p', { class: 'ps-label' }, say(`recordings.lines_${name}`)), copyableText(say, lines[name])];
  return [h('p', { class: 'ps-about' }, say('recordings.lines_about')), Object.keys(lines).map(block), renewal(page)];
}

function renewal(page) {
  const { amo, say } = page;
  const wrong = h('span', { class: 'ps-error', role: 'alert', hidden: true });
  const renew = async () => {
    try {
      page.take({ ...page.answer, ...(await amo.ask('POST', '/api/recordings/key')) });
      page.redraw('recordings');
    } catch (refusal) {
      if (!refusal.kind) throw refusal;
      wrong.textContent = refusal.message;
      wrong.hidden = false;
    }
  };
  return h('p', { class: 'ps-row' }, button(say('recordings.renew'), renew), h('span', { class: 'ps-soft' }, say('recordings.renew_about')), wrong);
}

function keptSection(page) {
  return section(page.say('recordings.kept'), null, put(page, 'days_kept', line(page, 'days_kept', { number: true, empty: null, inputmode: 'numeric', maxlength: '4' })));
}
