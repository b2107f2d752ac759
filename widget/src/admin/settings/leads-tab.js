import { h } from '../../ui/dom.js';
import { typedChips } from '../form/chips.js';
import { stagesByDid } from './stages-by-did.js';
import { check, manyLines, select, text } from '../form/inputs.js';
import { field, section } from '../form/form.js';
import { stageOptions } from './stage-options.js';

/** The tab Leads: where new leads go, who is responsible for them, their names, and which clients never get one. */

export function leadsTab(page) {
  return [where(page), whose(page), names(page), never(page)];
}

function where({ form, say, answer }) {
  const stages = stageOptions(answer.stages, say('stage.as_crm'), say('stage.first'));
  return section(
    say('leads.where'),
    say('leads.where_about'),
    field(form, 'settings.stage', { label: say('leads.stage') }, select(form, 'settings.stage', stages)),
    field(
      form,
      'settings.stages_by_did',
      { label: say('leads.by_did'), hint: say('leads.by_did_hint') },
      stagesByDid(form, say, stages.slice(1)),
    ),
  );
}

function whose({ form, say }) {
  const owners = ['first', 'last', 'longest'].map((value) => ({ value, label: say(`leads.owner_${value}`) }));
  return section(
    say('leads.rules'),
    null,
    field(form, 'settings.lead_owner', { label: say('leads.owner') }, select(form, 'settings.lead_owner', owners)),
    field(
      form,
      'settings.failed_makes_lead',
      { label: say('leads.failed'), hint: say('leads.failed_hint') },
      check(form, 'settings.failed_makes_lead'),
    ),
    field(
      form,
      'settings.uses_other_records',
      { label: say('leads.other_records'), hint: say('leads.other_records_hint') },
      check(form, 'settings.uses_other_records'),
    ),
    field(
      form,
      'settings.customer_makes_lead',
      { label: say('leads.customer'), hint: say('leads.customer_hint') },
      check(form, 'settings.customer_makes_lead'),
    ),
  );
}

function names({ form, say, answer, amo }) {
  const examples = amo.languages[answer.settings.language] ?? {};
  const name = (which) =>
    field(
      form,
      `settings.${which}`,
      { label: say(`leads.${which}`) },
      text(form, `settings.${which}`, { empty: null, placeholder: examples[which] }),
    );
  return section(
    say('leads.names'),
    say('leads.names_about', { phone: '{phone}' }),
    h('div', { class: 'ps-columns' }, name('contact_name'), name('lead_name')),
  );
}

function never({ form, say }) {
  const companies = typedChips({
    values: form.get('settings.no_lead_companies'),
    say,
    shown: (id) => `№ ${id}`,
    read: companyId,
    placeholder: say('leads.company_as'),
    changed: (now) => form.set('settings.no_lead_companies', now),
  });
  return section(
    say('leads.never'),
    say('leads.never_about'),
    h(
      'div',
      { class: 'ps-columns' },
      field(
        form,
        'settings.no_lead_numbers',
        { label: say('leads.numbers'), hint: say('leads.numbers_hint') },
        manyLines(form, 'settings.no_lead_numbers', { rows: 5 }),
      ),
      field(
        form,
        'settings.no_lead_companies',
        { label: say('leads.companies'), hint: say('leads.companies_hint') },
        companies,
      ),
    ),
  );
}

/** A company's id out of its address in the CRM or by itself; anything else stays as it was typed, for the service to refuse it. @param {string} typed */
export function companyId(typed) {
  const found = /^(?:.*\/companies\/detail\/)?(\d+)\/?(?:[?#].*)?$/.exec(typed);
  return found ? Number(found[1]) : typed;
}
