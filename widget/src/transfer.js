import { shortened } from './client.js';
import { fill, h, icon } from './dom.js';

const CHOICE_OF = { free: 0, ringing: 1, talking: 2, unknown: 3, unreachable: 4 };

/**
 * Passing a talk to a colleague: a list with live states to choose from, then what became of it. `tools`: amo, commands,
 * colleagues(), act(name, send). `shut()` closes the list and says whether it was open.
 */
export function createTransfer(call, { amo, commands, colleagues, act }) {
  const { words } = amo;
  const search = h('input', { class: 'ps-input', type: 'search', placeholder: words('transfer.search'), 'aria-label': words('transfer.search'), onInput: () => redraw() });
  const list = h('ul', { class: 'ps-colleagues' });
  const chooser = h('div', { class: 'ps-chooser', hidden: true }, search, list);
  const status = h('div', { class: 'ps-transfer', role: 'status' });
  let shown = { popup: null, busy: '' };
  let picked = 0;
  let opener = null;

  function toggle(isOpen) {
    chooser.hidden = !isOpen;
    opener.setAttribute('aria-expanded', String(isOpen));
    search.value = '';
    pick(0);
    if (isOpen) search.focus();
  }

  function pick(id) {
    picked = id;
    redraw();
  }

  function update(popup, busy) {
    shown = { popup, busy };
    if (popup.state !== 'talking' || isUnderWay(popup)) chooser.hidden = true;
    redraw();
  }

  function redraw() {
    fill(status, shown.popup.state === 'talking' && shown.popup.details.transfer && told(shown.popup.details.transfer));
    if (chooser.hidden) return;
    const focused = document.activeElement?.dataset.act;
    const found = matching(colleagues(), search.value);
    fill(list, found.length ? found.map((each) => row(each, found.length === 1)) : h('li', { class: 'ps-found-none ps-soft' }, words('transfer.nobody')));
    if (focused?.startsWith('to-')) list.querySelector(`[data-act="${focused}"]`)?.focus();
  }

  function row({ user_id: id, name, extension, state }, isOnly) {
    const isAway = state === 'unreachable';
    const isPicked = !isAway && (isOnly || picked === id);
    const props = { class: 'ps-colleague-who', type: 'button', disabled: isAway, 'aria-expanded': String(isPicked), data: { act: `to-${id}` } };
    const who = h(
      'button',
      { ...props, onClick: () => pick(isPicked ? 0 : id) },
      h('bdi', { class: 'ps-clip' }, shortened(name)),
      h('span', { class: 'ps-soft ps-number' }, extension),
      h('span', { class: 'ps-colleague-state' }, words(`transfer.${state}`)),
    );
    return h('li', { class: 'ps-colleague', data: { state } }, who, isPicked && h('div', { class: 'ps-colleague-do' }, passButton(id, name, 'blind'), passButton(id, name, 'attended')));
  }

  function passButton(to, name, kind) {
    const send = () => act('transfer', () => commands.transfer(call, to, kind));
    const props = { class: 'ps-button', type: 'button', 'aria-label': `${words(`transfer.${kind}`)}: ${name}`, data: { act: `to-${to}-${kind}` } };
    return h('button', { ...props, disabled: shown.busy === 'transfer', onClick: send }, words(`transfer.${kind}`));
  }

  /** What became of a transfer that was asked for. */
  function told({ kind, to, state, reason }) {
    const who = h('bdi', null, shortened(to?.name ?? ''));
    const isQuestion = kind === 'attended' && ['asked', 'consulting'].includes(state);
    return [
      h('p', { class: 'ps-transfer-state', data: { state } }, words(`transfer.${said(kind, state)}`), ' ', who),
      state === 'failed' && h('p', { class: 'ps-error' }, words(`reasons.${reason ?? 'unknown'}`)),
      state === 'consulting' && h('p', { class: 'ps-soft' }, words('transfer.waits')),
      isQuestion && h(
        'div',
        { class: 'ps-transfer-do' },
        state === 'consulting' && step('complete', 'ps-main', () => commands.completeTransfer(call)),
        step('cancel', '', () => commands.cancelTransfer(call)),
      ),
    ];
  }

  function step(name, look, send) {
    const props = { class: `ps-button ${look}`, type: 'button', disabled: shown.busy === name, data: { act: name } };
    return h('button', { ...props, onClick: () => act(name, send) }, words(`transfer.${name}`));
  }

  return {
    nodes: [status, chooser],
    update,
    shut() {
      const wasOpen = !chooser.hidden;
      if (wasOpen) toggle(false);
      if (wasOpen) opener.focus();
      return wasOpen;
    },
    button() {
      if (isUnderWay(shown.popup)) return null;
      const props = { class: 'ps-button', type: 'button', 'aria-expanded': String(!chooser.hidden), data: { act: 'transfer' } };
      opener = h('button', { ...props, onClick: () => toggle(chooser.hidden) }, icon('transfer'), words('transfer.open'));
      return opener;
    },
  };
}

/** Colleagues whose name or extension holds what was typed; those who can answer now come first. */
export function matching(colleagues, typed) {
  const sought = typed.trim().toLowerCase();
  const found = colleagues.filter(({ name, extension }) => `${name} ${extension}`.toLowerCase().includes(sought));
  return found.sort((one, other) => rank(one) - rank(other) || one.name.localeCompare(other.name));
}

function rank({ state }) {
  return CHOICE_OF[state] ?? CHOICE_OF.unknown;
}

function isUnderWay(popup) {
  return ['asked', 'consulting', 'done'].includes(popup?.details.transfer?.state);
}

function said(kind, state) {
  return state === 'asked' && kind === 'blind' ? 'passing' : state;
}
