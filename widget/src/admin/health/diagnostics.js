import { fill, h } from '../../ui/dom.js';
import { button } from '../form/form.js';

/** One account's diagnostics: asked for at a press with the user's own rights, then there as a link that saves the file. */

export function diagnostics({ amo, say, answer }) {
  const place = h('span', { role: 'status' }, say('diagnostics.about'));
  const ask = button(say('diagnostics.get'), async () => {
    ask.disabled = true;
    try {
      const told = await amo.ask('GET', '/api/diagnostics');
      const link = fileLink(say, `phone-station-${answer.account.id}.json`, JSON.stringify(told, null, 2));
      fill(place, link);
      link.focus();
    } catch (refusal) {
      if (!refusal.kind) throw refusal;
      fill(place, h('span', { class: 'ps-error' }, refusal.message));
    }
    ask.disabled = false;
  });
  return h('p', { class: 'ps-row' }, ask, h('span', { class: 'ps-soft' }, place));
}

function fileLink(say, name, text) {
  const href = `data:application/json;charset=utf-8,${encodeURIComponent(text)}`;
  return h('a', { class: 'ps-link', href, download: name }, say('diagnostics.save', { name }));
}
