import { h } from '../../ui/dom.js';
import { button } from '../form/form.js';

/** The bar at the bottom of the page: what is not saved, Save, Undo, and how it went. */

export function createSaving(page) {
  const { say } = page;
  const words = h('p', { class: 'ps-saving-words', role: 'status' });
  const save = button(say('save'), () => carryOut(), 'ps-main');
  const undo = button(say('undo'), () => {
    page.form.draft.forget();
    page.redrawAll();
  });
  const node = h('div', { class: 'ps-saving' }, save, undo, words);

  function tell(kind, text) {
    words.className = `ps-saving-words ps-${kind}`;
    words.textContent = text;
  }

  const isChanged = () => page.form.draft.paths().length > 0;

  /** Where nothing is set, the bar is seen only while something waits for it. */
  function show(isElsewhere) {
    node.hidden = isElsewhere && !isChanged();
    save.disabled = !isChanged();
    undo.hidden = !isChanged();
  }

  /** How the last saving went is forgotten at the next change. */
  function edited() {
    tell('warn', isChanged() ? say('unsaved') : '');
  }

  async function carryOut() {
    save.disabled = true;
    tell('', say('saving'));
    if ((await put()) === 'changed_meanwhile' && (await merge())) await put();
  }

  /** Saves; the kind of a refusal, which has been told. */
  async function put() {
    const sent = page.form.draft.toSend();
    try {
      const answer = await page.amo.ask('PUT', '/api/settings', sent);
      page.form.draft.forget();
      page.take(answer);
      page.redrawAll();
      tell('ok', say('saved'));
      return null;
    } catch (refusal) {
      fail(refusal, sent);
      return refusal.kind;
    }
  }

  /** Puts what was changed here over what others have saved; false where they changed the same: the person decides. */
  async function merge() {
    try {
      return page.renew(await page.amo.ask('GET', '/api/settings'));
    } catch (refusal) {
      fail(refusal);
      return false;
    }
  }

  function fail(refusal, sent) {
    if (!refusal.kind) throw refusal;
    save.disabled = false;
    const elsewhere = refusal.fields.length ? page.showErrors(refusal.fields, sent) : [];
    tell('fail', [refusal.message, ...elsewhere].join('. '));
  }

  return { node, show, edited, tell };
}
