import { createContactSearch } from './contacts.js';
import { fill, h, icon, on } from './dom.js';
import { isEmpty, outcomeOf } from './drafts.js';
import { contactPart, notePart, resultPart, taskPart } from './outcome-parts.js';

const PARTS = [resultPart, notePart, taskPart, contactPart];

/**
 * The form of what came of a call. What is typed is a draft in the browser at once, and is dropped when it has been saved or
 * left on purpose. `tools`: amo, commands, drafts, saved(call).
 */
export function createOutcome(call, tools) {
  const { amo, commands, drafts } = tools;
  const { words } = amo;
  const form = { fields: drafts.fields(call), popup: null, isBusy: false, isLeaving: false };
  const problem = h('p', { class: 'ps-error', role: 'alert' });
  const save = h('button', { class: 'ps-button ps-main', type: 'submit', data: { act: 'save' } }, words('outcome.save'));
  const skip = h('button', { class: 'ps-button ps-bare', type: 'button', data: { act: 'skip' }, onClick: () => tools.leave(call) }, words('outcome.skip'), h('kbd', null, 'Esc'));
  const search = createContactSearch(tools, (contact) => set({ contact, name: '' }));
  const parts = PARTS.map((make) => make({ amo, set, search }));
  const actions = h('div', { class: 'ps-outcome-do' }, save, skip);
  const saved = h('p', { class: 'ps-outcome-saved', role: 'status' });
  const sheet = h('div', { class: 'ps-outcome-sheet' }, parts.map((part) => part.node), problem, actions);
  const node = h('form', { class: 'ps-outcome', novalidate: true, onSubmit: send }, saved, sheet);

  /** Changes fields of the form and keeps them. */
  function set(change) {
    form.fields = { ...form.fields, ...change };
    form.isLeaving = false;
    drafts.keep(call, form.fields);
    draw();
  }

  function draw() {
    const isOver = form.popup.state === 'ended';
    const isSaved = Boolean(form.popup.details.outcome) && isEmpty(form.fields);
    sheet.hidden = isSaved;
    fill(saved, isSaved && [icon('check'), words('outcome.saved')]);
    parts.forEach((part) => part.draw(form.fields, form.popup));
    actions.hidden = !isOver;
    save.disabled = form.isBusy || isEmpty(form.fields);
    if (form.isLeaving) fill(problem, words('outcome.leave'));
  }

  async function send(event) {
    event.preventDefault();
    const outcome = outcomeOf(form.fields, words('outcome.task_default'));
    const request = drafts.request(call, outcome);
    drafts.sent(call, request, outcome);
    working(true);
    try {
      await commands.save(call, { request, ...outcome });
      form.fields = {};
      drafts.drop(call);
      tools.saved(call);
    } catch (refusal) {
      drafts.refused(call, refusal);
      say(refusal);
    }
    working(false);
  }

  function working(isBusy) {
    form.isBusy = isBusy;
    if (isBusy) say({ message: '', fields: [] });
    draw();
  }

  /** Each wrong field is told beside it; what belongs to no field, above the buttons. */
  function say({ message, fields = [] }) {
    const rest = fields.filter((wrong) => !parts.some((part) => part.owns(wrong.field)));
    parts.forEach((part) => part.wrong(fields.filter((wrong) => part.owns(wrong.field)).map((wrong) => wrong.message)));
    fill(problem, [message, ...rest.map((wrong) => wrong.message)].filter(Boolean).join('. '));
  }

  const stop = on(window, 'storage', ({ key }) => {
    if (!drafts.isOf(call, key) || node.contains(document.activeElement)) return;
    form.fields = drafts.fields(call); // typed in another tab
    if (form.popup) draw();
  });

  return {
    node,
    hasDraft: () => !isEmpty(form.fields),
    update(popup) {
      form.popup = popup;
      draw();
    },
    /** Whether the popup may be closed: a form with something typed is left by the second time of asking, its draft dropped. */
    mayLeave() {
      if (isEmpty(form.fields)) return true;
      if (form.isLeaving) drafts.drop(call);
      const may = form.isLeaving;
      form.isLeaving = true;
      draw();
      return may;
    },
    stop() {
      stop();
      search.stop();
    },
  };
}
