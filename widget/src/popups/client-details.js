import { h } from '../ui/dom.js';
import { moment } from '../ui/format.js';

const LONGEST = 160; // characters of a name from outside that are worth a line; the rest is cut

/** Who is on the other end, as far as a popup's details say: a heading, and nodes for what else is known. */
export function clientName(amo, { name, phone }) {
  return shortened(name || phone || amo.words('popups.hidden'));
}

export function clientHeading(amo, details) {
  const { party } = details;
  const name = h('bdi', null, clientName(amo, details));
  return h('h3', { class: 'ps-popup-name' }, party ? link(amo, party.entity, party.id, name) : name);
}

/** Company and number, under the name. */
export function clientLine({ name, company, phone }) {
  const parts = [company && h('bdi', { class: 'ps-popup-company' }, shortened(company))];
  if (name && phone) parts.push(h('bdi', { class: 'ps-number' }, shortened(phone)));
  return parts.some(Boolean) && h('p', { class: 'ps-popup-line ps-soft' }, parts);
}

/** What helps to answer well: a new client, who passed the call on, how often there were calls, the number that was
 *  dialled, what was asked for on a site. */
export function clientFacts(amo, { is_new: isNew, passed_by: passedBy, calls, did, direction, request }) {
  const { words } = amo;
  const facts = [
    isNew && h('li', { class: 'ps-mark ps-mark-new' }, words('popups.new')),
    passedBy && h('li', { class: 'ps-mark ps-mark-passed' }, words('popups.passed_by'), ' ', h('bdi', null, passedBy.name)),
    calls?.total > 0 && h('li', null, earlier(amo, calls)),
    did && direction === 'inbound' && h('li', null, words('popups.did'), ' ', h('bdi', { class: 'ps-number' }, did)),
    request && h('li', null, words('popups.request'), ' ', h('bdi', null, asked(request))),
  ];
  return facts.some(Boolean) && h('ul', { class: 'ps-popup-facts' }, facts);
}

function asked({ site, department, comment }) {
  return [site, department, comment].filter(Boolean).map((part) => shortened(part)).join(' · ');
}

/** The lead's name with its price and stage, and whose it is. */
export function leadCard(amo, { lead, responsible }) {
  const owner = responsible?.name && [amo.words('popups.responsible'), ' ', h('bdi', null, shortened(responsible.name))];
  if (!lead) return owner && h('p', { class: 'ps-popup-owner ps-soft' }, owner);
  const name = h('bdi', null, shortened(lead.name || amo.words('popups.lead', { id: lead.id })));
  return h(
    'div',
    { class: 'ps-popup-lead' },
    h('p', { class: 'ps-popup-lead-name' }, link(amo, 'leads', lead.id, name)),
    lead.price > 0 && h('p', { class: 'ps-popup-price ps-number' }, amo.money(lead.price)),
    h(
      'p',
      { class: 'ps-popup-lead-more ps-soft' },
      lead.stage && h('span', { class: 'ps-popup-stage' }, h('bdi', null, shortened(lead.stage))),
      owner && h('span', null, owner),
    ),
  );
}

export function shortened(text, longest = LONGEST) {
  const letters = Array.from(String(text).slice(0, longest * 2));
  return letters.length > longest ? `${letters.slice(0, longest).join('')}…` : letters.join('');
}

function earlier(amo, { total, last }) {
  const count = amo.words('popups.earlier', { count: total });
  return last ? amo.words('popups.earlier_last', { count, last: moment(amo.language, last) }) : count;
}

function link(amo, entity, id, ...shown) {
  return h('a', { class: 'ps-link js-navigate-link', href: amo.link(entity, id) }, shown);
}
