import { fill, h } from '../../ui/dom.js';
import { button } from '../form/form.js';

/** The account's diagnostics: asked for when the button is pressed, with the user's own rights; then a link saves the file. */

export function diagnosticsLine({ amo, say, answer }) {
  const place = h('span', { role: 'status' }, say('diagnostics.about'));
  const ask = button(say('diagnostics.get'), async () => {
    ask.disabled = true;
    try {
      const report = await amo.ask('GET', '/api/diagnostics');
      const link = fileLink(say, `phone-station-${answer.account.id}.json`, JSON.stringify(report, null, 2));
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
