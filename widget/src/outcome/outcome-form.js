import { createContactSearch } from './contact-search.js';
import { button } from '../ui/controls.js';
import { fill, h, icon, on } from '../ui/dom.js';
import { isEmpty, outcomeOf } from './outcome-drafts.js';
import { contactPart, notePart, resultPart, taskPart } from './outcome-fields.js';

const PARTS = [resultPart, notePart, taskPart, contactPart];

/**
 * The form of what came of a call. What is typed is a draft in the browser at once, and is dropped when it has been saved or
 * left on purpose. `tools`: amo, commands, drafts, leave(call), saved(call).
 */
export function createOutcome(call, tools) {
  const { amo: { words }, commands, drafts } = tools;
  const form = { fields: drafts.fields(call), popup: null, isBusy: false, isLeaving: false };
  const search = createContactSearch(tools, (contact) => set({ contact, name: '' }));
  const parts = PARTS.map((make) => make({ ...tools, set, search }));
  const problem = h('p', { class: 'ps-error', role: 'alert' });
  const save = button('save', null, { look: 'ps-main', type: 'submit' }, words('outcome.save'));
  const skip = button('skip', () => tools.leave(call), { look: 'ps-bare' }, words('outcome.skip'), h('kbd', null, 'Esc'));
  const actions = h('div', { class: 'ps-row' }, save, skip);
  const saved = h('p', { class: 'ps-outcome-saved', role: 'status' });
  const sheet = h('div', { class: 'ps-outcome-sheet' }, parts.map(({ node }) => node), problem, actions);
  const node = h('form', { class: 'ps-outcome', novalidate: true, onSubmit: send }, saved, sheet);

  /** Changes fields of the form and keeps them. */
  function set(change) {
    form.fields = { ...form.fields, ...change };
    form.isLeaving = false;
    drafts.keep(call, form.fields);
    draw();
  }

  function draw() {
    const { fields, popup, isBusy, isLeaving } = form;
    const isSaved = Boolean(popup.details.outcome) && isEmpty(fields);
    parts.forEach((part) => part.draw(fields, popup));
    sheet.hidden = isSaved;
    actions.hidden = popup.state !== 'ended';
    save.disabled = isBusy || isEmpty(fields);
    fill(saved, isSaved && [icon('check'), words('outcome.saved')]);
    if (isLeaving) fill(problem, words('outcome.leave'));
  }

  async function send(event) {
    event.preventDefault();
    if (form.isBusy || isEmpty(form.fields)) return;
    const outcome = outcomeOf(form.fields, words('outcome.task_default'));
    const request = drafts.request(call, outcome);
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
  function say({ message, fields }) {
    const rest = fields.filter(({ field }) => !parts.some((part) => part.owns(field)));
    parts.forEach((part) => part.wrong(texts(fields.filter(({ field }) => part.owns(field)))));
    fill(problem, [message, ...texts(rest)].filter(Boolean).join('. '));
  }

  const stop = on(window, 'storage', ({ key }) => {
    if (!drafts.isOf(call, key) || node.contains(document.activeElement)) return;
    form.fields = drafts.fields(call); // typed in another tab
    if (form.popup) draw();
  });

  return {
    node,
    update(popup) {
      form.popup = popup;
      draw();
    },
    /** Whether the popup may be closed: a form with something typed is left by the second time of asking, its draft dropped. */
    mayLeave() {
      const may = form.isLeaving || isEmpty(form.fields);
      if (may) drafts.drop(call);
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

function texts(wrong) {
  return wrong.map(({ message }) => message);
}
