import { h } from '../../ui/dom.js';
import { button } from './form.js';

const SHOWN = 2000; // ms for which the button shows the result

/** A text with a button that copies it; where the browser does not let us write to the clipboard, the text is selected instead. @param {import('../../amocrm.js').Words} say @param {string} text */
export function copyableText(say, text) {
  const code = h('pre', { class: 'ps-code', tabindex: '0' }, text);
  const copy = button(say('paste.copy'), async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = say('paste.copied');
    } catch {
      getSelection()?.selectAllChildren(code);
      copy.textContent = say('paste.selected');
    }
    setTimeout(() => (copy.textContent = say('paste.copy')), SHOWN);
  });
  return h('div', { class: 'ps-block' }, code, copy);
}
