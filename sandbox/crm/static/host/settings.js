/** The integration's dialog (Install, Save, Disable) and the widget's own page. */

import { ask } from './ask.js';
import { page } from './facts.js';
import { Modal } from './modal.js';

const OWN_PAGE = 'advanced-settings:';

/** `coming` is the widget's life, once there can be one: a click before that waits for it. */
export function listenToSettings(coming) {
  document.addEventListener('click', async ({ target }) => target.closest('.tile[data-widget]') && open(await coming));
}

/** Draws the widget's own page where it lies open. */
export function showOwnPage(life) {
  if (life.isRunning && page().area.startsWith(OWN_PAGE)) life.call('advancedSettings');
}

async function open(life) {
  await life.start();
  const content = document.getElementById('widget-dialog').content.cloneNode(true);
  const modal = new Modal({
    class_name: 'modal-list widget-settings',
    init: ($body) => $body.append(content).trigger('modal:loaded').trigger('modal:centrify'),
    destroy: () => life.isInstalled || life.end(),
  });
  modal.body.addEventListener('click', ({ target }) => press(life, modal, target.closest('[data-verb]')?.dataset.verb));
  modal.body.addEventListener('submit', (event) => event.preventDefault());
  life.call('settings', window.jQuery(modal.body.querySelector('.widget_settings_block')), {});
}

async function press(life, modal, verb) {
  if (verb === 'close') modal.destroy();
  if (!['install', 'save', 'disable'].includes(verb)) return;
  const fields = typed(life, modal.body.querySelector('form'));
  const isOff = verb === 'disable';
  if (!isOff && missing(life, fields)) refuse(modal, 'Заполните обязательные настройки виджета');
  else if (await life.agrees(isOff ? 'N' : 'Y', fields)) await carryOut(life, modal, verb, fields);
  else refuse(modal, 'Виджет не дал сохранить настройки');
}

/** The manifest's fields alone; a widget's own inputs are its own business. */
function typed(life, form) {
  const all = [...new FormData(form)];
  return Object.fromEntries(all.filter(([name]) => name in life.about.fields));
}

const missing = (life, fields) =>
  Object.entries(life.about.fields).some(([name, { required }]) => required && !fields[name]);

async function carryOut(life, modal, verb, fields) {
  const path = verb === 'save' ? 'settings' : verb;
  if (verb === 'disable') life.end();
  Object.assign(life.about, await ask(`/_widget/${path}`, fields));
  if (verb === 'install') {
    life.call('onInstall');
    await life.restart();
  }
  modal.destroy();
  window.dispatchEvent(new PopStateEvent('popstate'));
}

function refuse(modal, words) {
  const told = modal.body.querySelector('.dialog-error');
  told.textContent = words;
  told.hidden = false;
}
