/** APP, also called AMOCRM: the members that amoCRM documents (docs/amocrm-contract.md §4.6), and no others. */

import { main, page, session } from './facts.js';
import { listeners, notifications } from './notices.js';
import { documented, frozen, keep, violation } from './strict.js';

const CARDS = { leads_card: 'lead', contacts_card: 'contact', companies_card: 'company' };
const LISTS = ['leads', 'leads-pipeline', 'contacts', 'companies'];
const CONSTANTS = constants();
let isCalling = false;

export const isCard = () => page().area in CARDS;

export function offerApp() {
  const app = documented('APP', {
    constant,
    getBaseEntity: () => CARDS[page().area] || page().area.split('-')[0],
    isCard,
    getWidgetsArea: () => page().area,
    lang_id: session.lang,
    data: documented('APP.data', data()),
    sdk: documented('APP.sdk', {
      setCallingStatus: (status) => void (isCalling = Boolean(status)),
      getCallingStatus: () => isCalling,
      showUserStatus: () => [session.user.id],
    }),
    notifications: documented('APP.notifications', notifications),
    addNotificationCallback: (code, listener) => void listeners.set(code, listener),
  });
  keep('APP', app);
  keep('AMOCRM', app);
}

/** Read when asked, so that they speak of the page that lies open. */
function data() {
  return {
    get current_card() {
      return isCard() ? currentCard() : false;
    },
    get current_list() {
      return LISTS.includes(page().area) ? frozen({ area: page().area }) : false;
    },
    get current_view() {
      return frozen({ $el: window.jQuery(main()) });
    },
  };
}

function currentCard() {
  const { id, name } = page().card;
  const attributes = { id, name };
  return frozen({ id, model: { id, attributes, get: (key) => attributes[key] } });
}

function constant(name) {
  if (!(name in CONSTANTS)) violation(`APP.constant('${name}') is not documented`);
  return CONSTANTS[name];
}

function constants() {
  const { user, users, account, groups } = session;
  return frozen({
    user: { id: user.id, name: user.name, login: user.email },
    user_rights: { is_admin: user.is_admin },
    account: { ...account },
    managers: Object.fromEntries(users.filter((each) => each.is_active).map((each) => [each.id, manager(each)])),
    groups: Object.fromEntries(groups.map(({ id, name }) => [`group_${id}`, name])),
    task_types: { 1: { id: 1, code: 'FOLLOW_UP' }, 2: { id: 2, code: 'MEETING' } },
  });
}

function manager({ id, name, email, is_admin }) {
  return { id, title: name, login: email, active: true, is_admin: is_admin ? 'Y' : 'N', group: 'group_0' };
}
