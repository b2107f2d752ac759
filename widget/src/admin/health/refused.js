import { fill, h } from '../../ui/dom.js';
import { button, table } from '../form/form.js';

/** What amoCRM refused: what it is, why, when it is sent again by itself, and a button to do so now. */

/** @type {Record<string, string>} */
const KINDS = {
  'open-lead': 'lead', 'hand-over-lead': 'lead', 'move-lead': 'lead',
  'add-contact': 'contact', 'find-place': 'contact', 'name-contact': 'contact', 'add-number': 'contact',
  'add-unsorted': 'record', 'add-form': 'record', 'use-unsorted': 'record', 'share-place': 'record',
  'log-call': 'note', 'finish-call': 'note', 'add-note': 'note', 'add-task': 'task', alert: 'task',
  'sync-phonebook': 'phonebook', 'poll-phonebook': 'phonebook', 'follow-phonebook': 'phonebook',
};

/** Nothing where nothing was refused; `reload` shows the overview as it is afterwards. */
export function refusedList(page, refused, reload) {
  const { say } = page;
  const rows = refused.map(({ intent, why, again_at: again }) => [
    say(`refused.kind_${KINDS[intent] ?? 'other'}`),
    why,
    again ? page.moment(again) : say('refused.by_hand'),
  ]);
  const columns = ['kind', 'why', 'again'].map((each) => say(`refused.${each}`));
  const said = h('span', { class: 'ps-soft', role: 'status' });
  return (
    rows.length > 0 &&
    h(
      'div',
      { class: 'ps-refused' },
      h('h4', {}, say('refused.title')),
      h('p', { class: 'ps-hint' }, say('refused.about')),
      table(say('refused.title'), columns, rows),
      h('p', { class: 'ps-row' }, retryButton(page, said, reload), said),
    )
  );
}

function retryButton({ amo, say }, said, reload) {
  const pressed = button(say('refused.retry'), async () => {
    pressed.disabled = true;
    try {
      const { again } = await amo.ask('POST', '/api/refused/retry');
      fill(said, say('refused.sent', { count: again }));
      await reload();
    } catch (refusal) {
      if (!refusal.kind) throw refusal;
      fill(said, refusal.message);
      pressed.disabled = false;
    }
  });
  return pressed;
}
