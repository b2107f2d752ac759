import { fill, h } from '../../ui/dom.js';
import { durationInWords, number } from '../../ui/format.js';
import { button, section } from '../form/form.js';
import { stateMark } from '../form/status-list.js';

/** The service's phonebook, its copy of the CRM's clients: how far the first reading is, how many there are, how it is kept up to date. */

const STATES = { waiting: 'todo', running: 'todo', current: 'ok', stopped: 'warn' };

/** Asked for when the tab is opened and when Refresh is pressed, at no other time. */
export function phonebookSection(page) {
  const { say, state } = page;
  const place = h('div', { 'aria-live': 'polite' });
  const show = () => fill(place, state.phonebookFailure ? failure(state) : state.phonebook && drawn(page, state.phonebook));
  const load = async () => {
    try {
      state.phonebook = await page.amo.ask('GET', '/api/phonebook');
      state.phonebookFailure = '';
    } catch (refusal) {
      if (!refusal.kind) throw refusal;
      state.phonebookFailure = refusal.message;
    }
    show();
  };
  page.tabs.whenOpened('connection', load);
  show();
  return section(say('phonebook.title'), say('phonebook.about'), place, h('p', { class: 'ps-row' }, button(say('refresh'), load)));
}

function failure({ phonebookFailure }) {
  return h('p', { class: 'ps-failed', role: 'alert' }, phonebookFailure);
}

function drawn(page, status) {
  const { say } = page;
  const kind = STATES[status.state] || 'warn';
  const lines = [summary(page, status), status.state === 'running' && progress(page, status), synced(page, status)];
  return h(
    'ul',
    { class: 'ps-lines' },
    h('li', { class: `ps-line ps-${kind}` }, stateMark(say, kind), h('div', { class: 'ps-grow' }, lines)),
  );
}

function summary({ say, amo }, status) {
  const { parties, phones } = status;
  const known = parties > 0 && say('phonebook.known', { count: parties, parties: number(amo.language, parties), phones: number(amo.language, phones) });
  return [h('p', {}, h('strong', {}, say(`phonebook.${how(status)}`))), known && h('p', {}, known)];
}

/** A later reading of everything is not the first one. */
function how({ state, follows, synced_at: at }) {
  if (state === 'current' && follows) return `by_${follows}`;
  return state === 'running' && at !== null ? 'is_again' : `is_${state}`;
}

/** A progress bar; without an end where the total is not known yet. */
function progress({ say, amo }, { stage, done, total, eta_seconds: left }) {
  const counted = (value) => number(amo.language, value);
  const part = total === null ? say('phonebook.so_far', { done: counted(done) }) : say('phonebook.of', { done: counted(done), total: counted(total) });
  const words = [part, say(`phonebook.now_${stage}`), left !== null && say('phonebook.left', { time: timeLeft(left, say) })].filter(Boolean).join(', ');
  const measured = total === null ? {} : { max: Math.max(total, 1), value: Math.min(done, total) };
  const bar = h('progress', { class: 'ps-progress', 'aria-label': words, ...measured });
  return [bar, h('p', { class: 'ps-soft' }, words)];
}

/** Whole minutes, rounded up: the estimate is not more exact. */
export function timeLeft(seconds, say) {
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  return minutes < 60 ? `${minutes} ${say('unit.minutes')}` : durationInWords(minutes * 60, say);
}

function synced(page, { synced_at: at }) {
  return at !== null && h('p', { class: 'ps-soft' }, page.say('phonebook.synced', { time: page.moment(at) }));
}
