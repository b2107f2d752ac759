import { h } from '../../ui/dom.js';
import { button } from './form.js';

const SHOWN = 2000; // ms for which the button says what it did

/** A text with a button that copies it; where the clipboard is closed to us, the text is selected instead. */
export function copied(say, text) {
  const code = h('pre', { class: 'ps-code', tabindex: '0' }, text);
  const copy = button(say('paste.copy'), async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = say('paste.copied');
    } catch {
      getSelection().selectAllChildren(code);
      copy.textContent = say('paste.selected');
    }
    setTimeout(() => (copy.textContent = say('paste.copy')), SHOWN);
  });
  return h('div', { class: 'ps-block' }, code, copy);
}
