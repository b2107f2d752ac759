/** `$authorizedAjax`: jQuery's ajax with a one-time token of whoever is signed in (docs/amocrm-contract.md §2). */

import { ask } from './ask.js';
import { violation } from './strict.js';

// More calls than this in a second are a loop, which moderation forbids (docs/amocrm-contract.md §4.8).
const MOST = 20;
const recent = [];

export function authorizedAjax(options) {
  const { jQuery } = window;
  const outcome = jQuery.Deferred();
  check(options);
  const fail = (error) => outcome.reject({ status: 0, responseText: '', error }, 'error', String(error));
  ask('/_widget/token').then(({ token }) => {
    const headers = { ...options.headers, 'X-Auth-Token': token };
    jQuery.ajax({ ...options, headers }).then(outcome.resolve, outcome.reject);
  }, fail);
  return outcome.promise();
}

function check({ url, async }) {
  if (async === false) violation(`a synchronous request to ${url}`);
  if (new URL(url, location.href).origin === location.origin) violation(`$authorizedAjax to amoCRM itself: ${url}`);
  const now = performance.now();
  recent.push(now);
  if (recent.length > MOST && now - recent.splice(0, recent.length - MOST)[0] < 1000) {
    violation('$authorizedAjax is called in a loop');
  }
}
