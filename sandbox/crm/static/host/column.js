/** The right column of a card, where widgets draw by `render_template`. */

import { element } from './element.js';
import { page } from './facts.js';
import { violation } from './strict.js';

// Places of the manifest that have the right column (docs/amocrm-contract.md §4.3).
const PLACES = { leads_card: 'lcard-1', contacts_card: 'ccard-1', companies_card: 'comcard-1' };

/** @param template `{caption: {class_name, html}, body, render}`; as in amoCRM all of it is markup */
export function drawTemplate({ code, locations }, { caption = {}, body = '', render = '' }) {
  const column = document.querySelector('.widgets');
  if (!column) return void violation('render_template where there is no right column');
  if (!locations.includes(PLACES[page().area])) violation(`${PLACES[page().area]} is not among the locations`);
  if (/\{[{%]/.test(body + render)) violation('render_template: no twig here');
  const title = element('button', {
    type: 'button', className: `card-widgets__widget__caption ${caption.class_name || ''}`, ariaExpanded: 'true',
  });
  const content = element('div', { className: 'card-widgets__widget__body' });
  title.innerHTML = caption.html || '';
  content.innerHTML = body + render;
  title.addEventListener('click', () => {
    content.hidden = !content.hidden;
    title.ariaExpanded = String(!content.hidden);
  });
  const block = element('section', { className: 'card-widgets__widget' }, title, content);
  block.dataset.code = code;
  column.append(block);
  return undefined;
}
