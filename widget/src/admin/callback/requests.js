import { fill, h } from '../../ui/dom.js';
import { button, section, table } from '../form/form.js';

/** The callback requests from sites: the state of each, and what can be done about it. */

const OPEN = ['waiting', 'ringing', 'answered', 'talking'];
const STOPPABLE = ['waiting', 'ringing'];
const WHY = [
  'busy',
  'no-answer',
  'no-such-number',
  'given-up',
  'refused',
  'unreachable',
  'own-no-answer',
  'own-busy',
  'own-unreachable',
  'not-in-dialplan',
  'number-not-allowed',
  'no-target',
];
const COLUMNS = ['when', 'who', 'asked', 'state', 'attempts', 'do'];

/** `load()` asks the service for them and draws them into `node`. */
export function requestsSection(page) {
  const node = h('div', { class: 'ps-requests', 'aria-live': 'polite' });
  const load = async () => {
    try {
      fill(node, drawn(page, await page.amo.ask('GET', '/api/callbacks'), load));
    } catch (refusal) {
      if (!refusal.kind) throw refusal;
      fill(node, h('p', { class: 'ps-failed', role: 'alert' }, refusal.message));
    }
  };
  return { node, load };
}

function drawn(page, { callbacks, refused }, load) {
  const { say, answer } = page;
  if (!callbacks.length && !answer.settings.callback.sites.length) return null;
  const failed = h('p', { class: 'ps-error', role: 'alert', hidden: true });
  const columns = COLUMNS.map((each) => say(`requests.${each}`));
  const rows = callbacks.map((each) => row(page, each, { load, failed }));
  return section(
    say('requests.title'),
    null,
    callbacks.length ? table(say('requests.title'), columns, rows) : h('p', { class: 'ps-soft' }, say('requests.none')),
    failed,
    refusals(say, refused),
    h('p', { class: 'ps-row' }, button(say('refresh'), load)),
  );
}

function row(page, each, after) {
  const { say } = page;
  return [
    page.moment(each.at),
    [h('div', {}, each.phone), each.name && h('div', { class: 'ps-soft' }, each.name)],
    [each.site, each.department, each.comment].filter(Boolean).map((part) => h('div', {}, part)),
    [h('div', {}, stateOf(page, each)), each.reason && h('div', { class: 'ps-soft' }, why(page, each.reason))],
    String(each.attempts),
    h(
      'div',
      { class: 'ps-row' },
      each.state === 'waiting' && act(page, each, 'now', after),
      STOPPABLE.includes(each.state) && act(page, each, 'stop', after),
    ),
  ].map((cell) => (cell.length === 0 ? say('requests.nothing') : cell));
}

function stateOf(page, { state, result, next_at: next, attempts }) {
  const words = page.say(`requests.is_${OPEN.includes(state) ? state : result}`);
  if (state !== 'waiting') return words;
  return `${words}, ${page.say(attempts ? 'requests.again' : 'requests.first', { time: page.moment(next) })}`;
}

/** Why the last attempt failed. */
function why({ say }, reason) {
  return say(`requests.because_${WHY.includes(reason) ? reason : 'unknown'}`);
}

function act(page, { id, phone }, what, { load, failed }) {
  const { amo, say } = page;
  const pressed = button(say(`requests.${what}`), async () => {
    pressed.disabled = true;
    try {
      await amo.ask('POST', `/api/callbacks/${id}/${what}`);
      await load();
    } catch (refusal) {
      if (!refusal.kind) throw refusal;
      failed.textContent = refusal.message;
      failed.hidden = false;
      pressed.disabled = false;
    }
  });
  pressed.setAttribute('aria-label', `${say(`requests.${what}`)}: ${phone}`);
  return pressed;
}

/** How many requests were refused and why, so that a limit that is too narrow is noticed. */
function refusals(say, refused) {
  const kinds = Object.entries(refused).map(([kind, count]) => `${say(`requests.refused_${kind}`)}: ${count}`);
  return kinds.length > 0 && h('p', { class: 'ps-hint' }, `${say('requests.refused')} ${kinds.join(', ')}`);
}
