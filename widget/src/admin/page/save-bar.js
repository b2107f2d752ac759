import { h } from '../../ui/dom.js';
import { button } from '../form/form.js';

/** @import { Refusal } from '../../api' */

/** The bar at the bottom of the page: whether something is unsaved, Save, Undo, and the result. @param {import('./page.js').Page} page */
export function createSaveBar(page) {
  const { say } = page;
  const words = h('p', { class: 'ps-saving-words', role: 'status' });
  const save = button(say('save'), () => saveAndMerge(), 'ps-main');
  const undo = button(say('undo'), () => {
    page.form.draft.forget();
    page.redrawAll();
  });
  const node = h('div', { class: 'ps-saving' }, save, undo, words);

  /** @param {'' | 'ok' | 'warn' | 'fail'} kind @param {string} text */
  function report(kind, text) {
    words.className = `ps-saving-words ps-${kind}`;
    words.textContent = text;
  }

  const isChanged = () => page.form.draft.paths().length > 0;

  /** On a tab without settings the bar is shown only while another tab has unsaved changes. @param {boolean} isWithoutSettings */
  function show(isWithoutSettings) {
    node.hidden = isWithoutSettings && !isChanged();
    save.disabled = !isChanged();
    undo.hidden = !isChanged();
  }

  /** The result of the last saving goes at the next change. */
  function edited() {
    report('warn', isChanged() ? say('unsaved') : '');
  }

  async function saveAndMerge() {
    save.disabled = true;
    report('', say('saving'));
    if ((await put()) === 'changed_meanwhile' && (await merge())) await put();
  }

  /** Saves; returns the kind of the refusal, which is shown already, or null. */
  async function put() {
    const sent = page.form.draft.toSend();
    try {
      const answer = await page.amo.ask('PUT', '/api/settings', sent);
      page.form.draft.forget();
      page.take(answer);
      page.redrawAll();
      report('ok', say('saved'));
      return null;
    } catch (error) {
      const refusal = /** @type {Refusal} */ (error);
      fail(refusal, sent);
      return refusal.kind;
    }
  }

  /** Puts the unsaved changes over what others have saved; false where they changed the same: the user decides. */
  async function merge() {
    try {
      return page.renew(await page.amo.ask('GET', '/api/settings'));
    } catch (error) {
      fail(/** @type {Refusal} */ (error));
      return false;
    }
  }

  /** @param {Refusal} refusal @param {any} [sent] */
  function fail(refusal, sent) {
    if (!refusal.kind) throw refusal;
    save.disabled = false;
    const elsewhere = refusal.fields.length ? page.showErrors(refusal.fields, sent) : [];
    report('fail', [refusal.message, ...elsewhere].join('. '));
  }

  return { node, show, edited, report };
}
