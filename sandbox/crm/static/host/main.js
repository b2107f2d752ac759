/** The pages' own script: navigation, fresh regions, phones; and, where one was uploaded, the widget. */

import { offerApp } from './app.js';
import { session } from './facts.js';
import { Life } from './life.js';
import { closeModals, Modal } from './modal.js';
import { listenToNavigation } from './navigate.js';
import { listenToPhones } from './phones.js';
import { keepFresh } from './refresh.js';
import { listenToSettings, showOwnPage } from './settings.js';

async function run() {
  let life = null;
  listenToButtons();
  listenToPhones();
  listenToNavigation(() => {
    closeModals();
    life?.leave();
  }, async () => {
    await life?.arrive();
    if (life) showOwnPage(life);
  });
  keepFresh();
  if (!session.user || !session.widget) return;
  const coming = host(session.widget);
  listenToSettings(coming);
  const hosted = await coming;
  if (hosted.isInstalled) await hosted.start();
  life = hosted;
  showOwnPage(life);
}

/** Gives the widget what amoCRM's pages have. */
async function host(about) {
  window.requirejs.config({ paths: { jquery: '/vendor/jquery' }, waitSeconds: 30 });
  window.define('lib/components/base/modal', ['jquery'], () => Modal);
  await new Promise((resolve, reject) => window.requirejs(['jquery'], resolve, reject));
  offerApp();
  return new Life(about);
}

/** The demo's own: what its phones and clients can be told to do. */
function listenToButtons() {
  document.addEventListener('click', ({ target }) => {
    const button = target.closest('[data-press]');
    if (button) fetch(`/_sandbox/buttons/${encodeURIComponent(button.dataset.press)}`, { method: 'POST' });
    document.querySelectorAll('.you[open]').forEach((menu) => menu.contains(target) && !button || menu.removeAttribute('open'));
  });
}

run();
