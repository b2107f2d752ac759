import { actionButton } from '../ui/controls.js';
import { fill, h, icon, on } from '../ui/dom.js';
import { createContactSearch } from './contact-search.js';
import { isEmpty, outcomeOf } from './outcome-drafts.js';
import { contactPart, notePart, resultPart, taskPart } from './outcome-fields.js';

/** @import { FieldError, Popup, Refusal } from '../api' */
/** @import { OutcomeFields } from './outcome-drafts.js' */

const PARTS = [resultPart, notePart, taskPart, contactPart];

/**
 * The form for a call's outcome. What is typed is a draft in the browser at once, and is dropped when it has been saved or left on
 * purpose. `leave(call)` closes the popup, `saved(call)` is called after the outcome has been saved.
 * @param {string} call @param {import('../popups/popup.js').PopupTools} tools
 */
export function createOutcome(call, tools) {
  const { amo: { words }, commands, drafts } = tools;
  /** @type {{fields: OutcomeFields, popup: Popup | null, isBusy: boolean, isLeaving: boolean}} */
  const form = { fields: drafts.fields(call), popup: null, isBusy: false, isLeaving: false };
  const search = createContactSearch(tools, (contact) => set({ contact, name: '' }));
  const parts = PARTS.map((make) => make({ ...tools, set, search }));
  const problem = h('p', { class: 'ps-error', role: 'alert' });
  const save = actionButton('save', null, { look: 'ps-main', type: 'submit' }, words('outcome.save'));
  const skip = actionButton('skip', () => tools.leave(call), { look: 'ps-bare' }, words('outcome.skip'), h('kbd', null, 'Esc'));
  const actions = h('div', { class: 'ps-row' }, save, skip);
  const saved = h('p', { class: 'ps-outcome-saved', role: 'status' });
  const sheet = h('div', { class: 'ps-outcome-sheet' }, parts.map((part) => part.node), problem, actions);
  const node = h('form', { class: 'ps-outcome', novalidate: true, onSubmit: send }, saved, sheet);

  /** Changes fields of the form and keeps them. @param {OutcomeFields} change */
  function set(change) {
    form.fields = { ...form.fields, ...change };
    form.isLeaving = false;
    drafts.keep(call, form.fields);
    draw();
  }

  function draw() {
    const { fields, popup, isBusy, isLeaving } = form;
    if (!popup) return;
    const isSaved = Boolean(popup.details.outcome) && isEmpty(fields);
    parts.forEach((part) => part.draw(fields, popup));
    sheet.hidden = isSaved;
    actions.hidden = popup.state !== 'ended';
    save.disabled = isBusy || isEmpty(fields);
    fill(saved, isSaved && [icon('check'), words('outcome.saved')]);
    if (isLeaving) fill(problem, words('outcome.leave'));
  }

  /** @param {Event} event */
  async function send(event) {
    event.preventDefault();
    if (form.isBusy || isEmpty(form.fields)) return;
    const outcome = outcomeOf(form.fields, words('outcome.task_default'));
    const request = drafts.request(call, outcome);
    setBusy(true);
    try {
      await commands.save(call, { request, ...outcome });
      form.fields = {};
      drafts.drop(call);
      tools.saved(call);
    } catch (error) {
      const refusal = /** @type {Refusal} */ (error);
      drafts.refused(call, refusal);
      showProblem(refusal);
    }
    setBusy(false);
  }

  /** @param {boolean} isBusy */
  function setBusy(isBusy) {
    form.isBusy = isBusy;
    if (isBusy) showProblem({ message: '', fields: [] });
    draw();
  }

  /** Each error is shown at its field; those of no field, above the buttons. @param {Pick<Refusal, 'message' | 'fields'>} refusal */
  function showProblem({ message, fields }) {
    const rest = fields.filter(({ field }) => !parts.some((part) => part.owns(field)));
    parts.forEach((part) => part.wrong(texts(fields.filter(({ field }) => part.owns(field)))));
    fill(problem, [message, ...texts(rest)].filter(Boolean).join('. '));
  }

  const stopListening = on(window, 'storage', ({ key }) => {
    if (!drafts.isOf(call, key) || node.contains(document.activeElement)) return;
    form.fields = drafts.fields(call); // typed in another tab
    draw();
  });

  return {
    node,
    /** @param {Popup} popup */
    update(popup) {
      form.popup = popup;
      draw();
    },
    /** Whether the popup may be closed: a form with something typed is left at the second attempt, and its draft dropped. */
    mayLeave() {
      const may = form.isLeaving || isEmpty(form.fields);
      if (may) drafts.drop(call);
      form.isLeaving = true;
      draw();
      return may;
    },
    stop() {
      stopListening();
      search.stop();
    },
  };
}

/** @param {FieldError[]} errors */
function texts(errors) {
  return errors.map(({ message }) => message);
}
