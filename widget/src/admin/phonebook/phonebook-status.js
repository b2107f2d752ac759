import { fill, h } from '../../ui/dom.js';
import { number } from '../../ui/format.js';
import { button, section } from '../form/form.js';
import { mark } from '../health/health-items.js';
import { duration } from '../overview/series.js';

/** The service's copy of the CRM's clients: how far its first reading is, what is in it, how it is kept as the CRM is. */

const STATES = { waiting: 'todo', running: 'todo', current: 'ok', stopped: 'warn' };

/** Asked for when the tab is opened and at a press; in between nothing is asked. */
export function phonebook(page) {
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

function drawn(page, told) {
  const { say } = page;
  const kind = STATES[told.state] || 'warn';
  const lines = [summary(page, told), told.state === 'running' && progress(page, told), synced(page, told)];
  return h(
    'ul',
    { class: 'ps-lines' },
    h('li', { class: `ps-line ps-${kind}` }, mark(say, kind), h('div', { class: 'ps-grow' }, lines)),
  );
}

function summary({ say, amo }, told) {
  const { parties, phones } = told;
  const known = parties > 0 && say('phonebook.known', { count: parties, parties: number(amo.language, parties), phones: number(amo.language, phones) });
  return [h('p', {}, h('strong', {}, say(`phonebook.${how(told)}`))), known && h('p', {}, known)];
}

/** A later reading of everything is not the first one. */
function how({ state, follows, synced_at: at }) {
  if (state === 'current' && follows) return `by_${follows}`;
  return state === 'running' && at !== null ? 'is_again' : `is_${state}`;
}

/** A bar without an end where nobody knows yet how much there is. */
function progress({ say, amo }, { stage, done, total, eta_seconds: left }) {
  const counted = (value) => number(amo.language, value);
  const part = total === null ? say('phonebook.so_far', { done: counted(done) }) : say('phonebook.of', { done: counted(done), total: counted(total) });
  const words = [part, say(`phonebook.now_${stage}`), left !== null && say('phonebook.left', { time: about(left, say) })].filter(Boolean).join(', ');
  const measured = total === null ? {} : { max: Math.max(total, 1), value: Math.min(done, total) };
  const bar = h('progress', { class: 'ps-progress', 'aria-label': words, ...measured });
  return [bar, h('p', { class: 'ps-soft' }, words)];
}

/** Whole minutes, upwards: an estimate is not known better. */
export function about(seconds, say) {
  const minutes = Math.max(1, Math.ceil(seconds / 60));
  return minutes < 60 ? `${minutes} ${say('unit.minutes')}` : duration(minutes * 60, say);
}

function synced(page, { synced_at: at }) {
  return at !== null && h('p', { class: 'ps-soft' }, page.say('phonebook.synced', { time: page.moment(at) }));
}
