/** Pages change without a reload: what is in `main` is replaced, whatever a widget put beside it stays. */

import { main } from './facts.js';

const OWN = '.side a, main a';
const WIDGETS = '.widgets, .work-area, .widget_settings_block';

/** `leaving` is called before the page goes, `arrived` when the next one stands. */
export function listenToNavigation(leaving, arrived) {
  const go = async (url, sent) => show(await fetch(url, sent), leaving, arrived);
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href]');
    if (!link || !isOurs(link) || event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented) return;
    event.preventDefault();
    go(link.href);
  });
  document.addEventListener('submit', (event) => {
    const form = event.target;
    if (!form.closest('main') || form.closest(WIDGETS) || event.defaultPrevented) return;
    event.preventDefault();
    const body = new FormData(form, event.submitter);
    go(event.submitter?.formAction || form.action, { method: form.method, body });
  });
  window.addEventListener('popstate', () => go(location.href));
}

/** amoCRM's own links, and a widget's of class js-navigate-link; another one of a widget loads the page anew. */
function isOurs(link) {
  if (link.target || link.origin !== location.origin || 'anew' in link.dataset) return false;
  return link.matches('.js-navigate-link') || (link.matches(OWN) && !link.closest(WIDGETS));
}

async function show(answer, leaving, arrived) {
  const next = new DOMParser().parseFromString(await answer.text(), 'text/html');
  leaving();
  if (answer.url !== location.href) history.pushState(null, '', answer.url);
  document.title = next.title;
  main().replaceWith(next.querySelector('main'));
  document.querySelector('.side')?.replaceWith(next.querySelector('.side') ?? '');
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
  arrived();
}
