import { h } from '../ui/dom.js';
import { moment, shortened } from '../ui/format.js';

/** @import { Amo } from '../amocrm.js' */
/** @import { Entity, PopupDetails } from '../api' */
/** @import { Children } from '../ui/dom.js' */

/** The client's name, number or "hidden number", as far as a popup's details say. @param {Amo} amo @param {PopupDetails} details */
export function clientName(amo, { name, phone }) {
  return shortened(name || phone || amo.words('popups.hidden'));
}

/** @param {Amo} amo @param {PopupDetails} details */
export function clientHeading(amo, details) {
  const { party } = details;
  const name = h('bdi', null, clientName(amo, details));
  return h('h3', { class: 'ps-popup-name' }, party ? entityLink(amo, party.entity, party.id, name) : name);
}

/** Company and number, under the name. @param {PopupDetails} details */
export function companyAndNumber({ name, company, phone }) {
  const parts = [company && h('bdi', { class: 'ps-popup-company' }, shortened(company))];
  if (name && phone) parts.push(h('bdi', { class: 'ps-number' }, shortened(phone)));
  return parts.some(Boolean) && h('p', { class: 'ps-popup-line ps-soft' }, parts);
}

/**
 * What helps to answer well: a new client, who transferred the call, how many calls there were before, the dialled number, the
 * request from a site.
 * @param {Amo} amo @param {PopupDetails} details
 */
export function clientFacts(amo, { is_new: isNew, passed_by: passedBy, calls, did, direction, request }) {
  const { words } = amo;
  const facts = [
    isNew && h('li', { class: 'ps-mark ps-mark-new' }, words('popups.new')),
    passedBy && h('li', { class: 'ps-mark ps-mark-passed' }, words('popups.passed_by'), ' ', h('bdi', null, passedBy.name)),
    calls && calls.total > 0 && h('li', null, earlierCalls(amo, calls)),
    did && direction === 'inbound' && h('li', null, words('popups.did'), ' ', h('bdi', { class: 'ps-number' }, did)),
    request && h('li', null, words('popups.request'), ' ', h('bdi', null, requestText(request))),
  ];
  return facts.some(Boolean) && h('ul', { class: 'ps-popup-facts' }, facts);
}

/** @param {NonNullable<PopupDetails['request']>} request */
function requestText({ site, department, comment }) {
  return [site, department, comment].filter(Boolean).map((part) => shortened(String(part))).join(' · ');
}

/** The lead's name with its price and stage, and its responsible. @param {Amo} amo @param {PopupDetails} details */
export function leadCard(amo, { lead, responsible }) {
  const owner = responsible?.name && [amo.words('popups.responsible'), ' ', h('bdi', null, shortened(responsible.name))];
  if (!lead) return owner && h('p', { class: 'ps-popup-owner ps-soft' }, owner);
  const name = h('bdi', null, shortened(lead.name || amo.words('popups.lead', { id: lead.id })));
  return h(
    'div',
    { class: 'ps-popup-lead' },
    h('p', { class: 'ps-popup-lead-name' }, entityLink(amo, 'leads', lead.id, name)),
    lead.price && lead.price > 0 && h('p', { class: 'ps-popup-price ps-number' }, amo.money(lead.price)),
    h(
      'p',
      { class: 'ps-popup-lead-more ps-soft' },
      lead.stage && h('span', { class: 'ps-popup-stage' }, h('bdi', null, shortened(lead.stage))),
      owner && h('span', null, owner),
    ),
  );
}

/**
 * Who else has the number, each a button: the user may say that the client is one of them.
 * @param {Amo} amo @param {PopupDetails} details @param {(entity: Entity, id: number) => void} choose
 */
export function otherClients({ words }, { others }, choose) {
  if (!others?.length) return null;
  const rows = others.map(({ entity, id, name, company }) =>
    h(
      'li',
      null,
      h(
        'button',
        { class: 'ps-found-one', type: 'button', onClick: () => choose(entity, id) },
        h('bdi', null, shortened(name || words('popups.nameless'))),
        company && h('span', { class: 'ps-soft' }, h('bdi', null, shortened(company))),
      ),
    ),
  );
  return h('div', { class: 'ps-popup-others' }, h('p', { class: 'ps-soft' }, words('popups.others')), h('ul', { class: 'ps-found' }, rows));
}

/** @param {Amo} amo @param {NonNullable<PopupDetails['calls']>} calls */
function earlierCalls(amo, { total, last }) {
  const count = amo.words('popups.earlier', { count: total });
  return last ? amo.words('popups.earlier_last', { count, last: moment(amo.locale, last) }) : count;
}

/** @param {Amo} amo @param {Entity} entity @param {number} id @param {Children[]} text */
function entityLink(amo, entity, id, ...text) {
  return h('a', { class: 'ps-link js-navigate-link', href: amo.link(entity, id) }, ...text);
}
