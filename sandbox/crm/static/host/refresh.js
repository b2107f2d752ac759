/** What changes by itself is read again quietly: the regions marked `data-live`, and the calls amoCRM tells of. */

import { tellCall } from './notices.js';

const PAUSE = 2000; // ms

/** Until the page is left for good. */
export async function keepFresh() {
  let last = await newestCall();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
    if (document.hidden) continue;
    await refreshRegions();
    last = await tellCalls(last);
  }
}

async function refreshRegions() {
  if (!document.querySelector('[data-live]')) return;
  const here = location.href;
  const answer = await asked(here);
  if (!answer?.ok || here !== location.href) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
  document.querySelectorAll('[data-live]').forEach((region) => replace(region, fresh.getElementById(region.id)));
  replace(document.querySelector('.side'), fresh.querySelector('.side'));
}

/** Not under somebody's hands: while a record plays, or the focus is there. */
function replace(region, fresh) {
  const isUsed = region.contains(document.activeElement) || [...region.querySelectorAll('audio')].some((a) => !a.paused);
  if (fresh && !isUsed && fresh.innerHTML !== region.innerHTML) region.innerHTML = fresh.innerHTML;
}

async function tellCalls(last) {
  const calls = await callsAfter(last);
  calls.forEach(tellCall);
  return calls.at(-1)?.id ?? last;
}

const newestCall = async () => (await callsAfter(0)).at(-1)?.id ?? 0;

async function callsAfter(last) {
  const answer = await asked(`/_widget/calls?after=${last}`);
  return answer?.ok ? (await answer.json()).calls : [];
}

/** Null when the sandbox is not there: it is asked again. */
const asked = (url) => fetch(url).catch(() => null);
