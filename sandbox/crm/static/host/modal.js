/** AMD module `lib/components/base/modal` (docs/amocrm-contract.md §4.6). */

import { element } from './element.js';

const opened = new Set();

/** No dialog outlives the page it was opened on. */
export function closeModals() {
  opened.forEach((modal) => modal.destroy());
}

export class Modal {
  constructor(options = {}) {
    this.options = options;
    this.body = element('div', { className: 'modal-body', role: 'dialog', ariaModal: 'true', tabIndex: -1 });
    this.root = element('div', { className: `modal ${options.class_name || ''}` }, this.body);
    this.onKey = (event) => event.key === 'Escape' && !options.disable_escape_keydown && this.destroy();
    this.root.addEventListener('click', ({ target }) => {
      if (target === this.root && !options.disable_overlay_click) this.destroy();
    });
    if (options.init) this.open();
  }

  /** The body's own events are amoCRM's; here they only place the focus. */
  open() {
    const $body = window.jQuery(this.body);
    this.before = document.activeElement;
    document.body.append(this.root);
    opened.add(this);
    document.addEventListener('keydown', this.onKey);
    $body.on('modal:loaded modal:centrify', () => this.focus());
    this.options.init($body);
    this.focus();
  }

  focus() {
    const wanted = this.options.focus_element;
    const found = typeof wanted === 'string' ? this.body.querySelector(wanted) : wanted?.[0] ?? wanted;
    (found || this.body).focus();
  }

  destroy() {
    if (!this.root.isConnected) return;
    document.removeEventListener('keydown', this.onKey);
    this.root.remove();
    opened.delete(this);
    this.before?.focus();
    this.options.destroy?.();
  }

  _showError(text) {
    this.options.init ??= ($body) => $body.append(element('p', { className: 'modal-error' }, text));
    this.open();
  }
}
