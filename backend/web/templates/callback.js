(() => {
  'use strict';

  /* <script src="https://STATION/callback.js" data-site="KEY" async></script>
     data-consent ("I agree to…") and data-policy (its address) ask for a consent; data-query ("yes") sends the pages'
     addresses with their queries, which may name the visitor.
     More of it: data-lang (such as ru, en), data-departments ("Sales|Service"), data-comment ("yes"), data-button (its words),
     data-open (a CSS selector: what opens the form in place of our own button). Looks: the --ps-… variables below. */

  const script = document.currentScript;
  const { origin } = new URL(script.src);
  const { site } = script.dataset;
  const FORMS = {{ forms }};
  const wanted = (script.dataset.lang || document.documentElement.lang || 'ru').slice(0, 2);
  const language = wanted in FORMS ? wanted : 'en';
  const WORDS = FORMS[language];
  const QUICKEST = 1600; // milliseconds: the service takes what is quicker for a program's
  const ASK_EVERY = 3000;
  const ASK_FOR = 15 * 60 * 1000;
  const OVER = ['done', 'failed', 'stopped'];
  const LOOKS = `
    :host { all: initial }
    .open, .panel { font: 16px/1.4 var(--ps-font, system-ui, sans-serif); box-sizing: border-box }
    .open { position: fixed; right: var(--ps-right, 24px); bottom: var(--ps-bottom, 24px); z-index: var(--ps-layer, 9999);
      box-shadow: 0 4px 16px #0004 }
    button { font: inherit; padding: 12px 20px; border: 0; border-radius: var(--ps-radius, 10px); cursor: pointer;
      background: var(--ps-colour, #1b6ac9); color: var(--ps-ink, #fff) }
    button:disabled { opacity: .6; cursor: default }
    :focus-visible { outline: 3px solid var(--ps-focus, #f5a623); outline-offset: 2px }
    .panel { width: min(360px, calc(100vw - 32px)); padding: 24px; border: 0; border-radius: var(--ps-radius, 10px);
      background: var(--ps-paper, #fff); color: var(--ps-text, #1d2733) }
    .panel::backdrop { background: #0006 }
    h2 { margin: 0 32px 16px 0; font-size: 20px }
    label { display: block; margin-bottom: 12px }
    input, select, textarea { display: block; width: 100%; margin-top: 4px; padding: 10px; box-sizing: border-box;
      font: inherit; color: inherit; background: inherit; border: 1px solid #8a97a6; border-radius: 6px }
    .consent { display: flex; gap: 8px; font-size: 14px } .consent input { width: auto; margin: 3px 0 0 }
    .consent a { color: inherit }
    .more { position: absolute; left: -9999px }
    .close { position: absolute; right: 12px; top: 12px; padding: 4px 10px; background: none; color: inherit }
    .told { min-height: 1.4em; margin: 12px 0 0 } .wrong { color: var(--ps-wrong, #b3261e) }`;

  function make(tag, props = {}, ...children) {
    const node = Object.assign(document.createElement(tag), props);
    node.append(...children.filter(Boolean));
    return node;
  }

  function line(name, props, tag = 'input') {
    return make('label', {}, WORDS[name], make(tag, { name, ...props }));
  }

  function departments() {
    const names = (script.dataset.departments || '').split('|').filter(Boolean);
    if (!names.length) return null;
    const options = ['', ...names].map((value) => make('option', { value, textContent: value || WORDS.any }));
    return make('label', {}, WORDS.department, make('select', { name: 'department' }, ...options));
  }

  function consent() {
    const { consent: words, policy } = script.dataset;
    if (!words && !policy) return null;
    const safe = /^https?:/.test(policy || '') ? policy : '';
    const text = safe ? make('a', { href: safe, target: '_blank', rel: 'noopener', textContent: words || WORDS.consent }) : words || WORDS.consent;
    const box = make('input', { type: 'checkbox', name: 'consent', value: 'yes', required: true });
    return make('label', { className: 'consent' }, box, text);
  }

  /* Where the visitor is from: the page, what led to it, and the marks of advertising in its address. */
  function whereFrom() {
    const marks = [...new URLSearchParams(location.search)].filter(([name]) => /^(utm_|roistat|gclid|yclid|fbclid)/.test(name));
    const bare = (address) => (script.dataset.query === 'yes' ? address : address.split(/[?#]/)[0]);
    return [['page', bare(location.href)], ['referer', bare(document.referrer)], ['title', document.title], ...marks];
  }

  function start() {
    const told = make('p', { className: 'told' });
    told.setAttribute('role', 'status');
    const send = make('button', { type: 'submit', textContent: WORDS.send });
    const close = make('button', { type: 'button', className: 'close', textContent: '×', onclick: () => panel.close() });
    close.setAttribute('aria-label', WORDS.close);
    const trap = make('div', { className: 'more' }, make('input', { name: 'ps_more', tabIndex: -1, autocomplete: 'off' }));
    trap.setAttribute('aria-hidden', 'true');
    const form = make('form', {},
      line('phone', { type: 'tel', required: true, autocomplete: 'tel', inputMode: 'tel', maxLength: 40 }),
      line('name', { autocomplete: 'name', maxLength: 100 }),
      departments(),
      script.dataset.comment && line('comment', { rows: 2, maxLength: 1000 }, 'textarea'),
      consent(), trap, send, told);
    const title = make('h2', { id: 'ps-title', textContent: WORDS.title });
    const panel = make('dialog', { className: 'panel' }, title, close, form);
    panel.setAttribute('aria-labelledby', 'ps-title');
    const host = make('div', { id: 'phone-station-callback' });
    const root = host.attachShadow({ mode: 'open' });
    const own = make('button', { type: 'button', className: 'open', textContent: script.dataset.button || WORDS.button });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(LOOKS);
    root.adoptedStyleSheets = [sheet];
    root.append(script.dataset.open ? '' : own, panel);
    document.body.append(host);

    let openedAt = 0;
    function open(event) {
      event.preventDefault();
      openedAt = performance.now();
      panel.showModal();
      form.elements.phone.focus();
    }
    own.addEventListener('click', open);
    if (script.dataset.open) document.querySelectorAll(script.dataset.open).forEach((each) => each.addEventListener('click', open));

    function tell(words, isWrong = false) {
      told.textContent = words;
      told.classList.toggle('wrong', isWrong);
    }

    async function ask(path, body) {
      const answer = await fetch(`${origin}/callback/${site}${path}${path.includes('?') ? '&' : '?'}lang=${language}`, body);
      return { ok: answer.ok, ...(await answer.json()) };
    }

    async function follow({ id, key }) {
      const until = performance.now() + ASK_FOR;
      while (performance.now() < until) {
        await new Promise((done) => setTimeout(done, ASK_EVERY));
        const state = await ask(`/${id}?key=${key}`).catch(() => null);
        if (state && state.ok) tell(state.message);
        if (state && (!state.ok || OVER.includes(state.state))) return;
      }
    }

    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      send.disabled = true;
      tell(WORDS.sending);
      await new Promise((done) => setTimeout(done, Math.max(0, QUICKEST - (performance.now() - openedAt))));
      const fields = [...new FormData(form), ['ps_filled', String(Math.round(performance.now() - openedAt))], ...whereFrom()];
      const answer = await ask('', { method: 'POST', body: new URLSearchParams(fields) }).catch(() => null);
      tell(answer ? answer.message : WORDS.failed, !answer || !answer.ok);
      if (answer && answer.ok) await follow(answer);
      send.disabled = false;
    });
  }

  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
})();
