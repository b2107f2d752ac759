/** What amoCRM gives every widget object (docs/amocrm-contract.md §4.5), as far as telephony needs it. */

import { isCard } from './app.js';
import { authorizedAjax } from './authorized.js';
import { page, session } from './facts.js';
import { drawTemplate } from './column.js';
import { addAction } from './phones.js';
import { violation } from './strict.js';

/** @param about what the server knows of the widget; @param langs its words; @param phase tells which callback runs */
export function methods(about, langs, phase) {
  return {
    params: { path: about.path, widget_code: about.code, status: about.status },
    langs,
    system,
    i18n: (key) => said(langs, key),
    get_settings: () => settings(about),
    set_settings: (changed) => Object.assign(about, { settings: { ...about.settings, ...changed } }),
    get_version: () => about.version,
    get_install_status: () => about.status,
    get_accounts_current: () => ({ ...session.account }),
    get_current_card_contacts_data: contactsOfCard,
    render: drawn,
    render_template: (template) => drawTemplate(about, template),
    $authorizedAjax: authorizedAjax,
    crm_post: refusePost,
    add_action(type, run) {
      if (phase() !== 'init') violation(`add_action is called in ${phase() || 'no callback'}, not in init`);
      const caption = langs.widget?.call_action || langs.widget?.name;
      addAction({ type, code: about.code, caption, run });
    },
  };
}

function system() {
  const { user, account, domain, server } = session;
  return {
    area: page().area, amouser_id: user.id, amouser: user.email, subdomain: account.subdomain, domain, server,
  };
}

/** A text or a branch of the words, by its dotted key. */
function said(langs, key) {
  return String(key).split('.').reduce((found, part) => found?.[part], langs);
}

function settings(about) {
  return {
    ...about.settings, widget_code: about.code, path: about.path, images_path: `${about.path}/images`,
    version: about.version, status: about.status, active: about.status === 'install' ? 'N' : 'Y',
    widget_active: about.status === 'install' ? 'N' : 'Y', oauth_client_uuid: about.client_id, id: about.code,
  };
}

async function contactsOfCard() {
  if (!isCard()) violation('get_current_card_contacts_data is called outside a card');
  return structuredClone(page().card?.contacts ?? []);
}

function drawn({ data, ref, href }) {
  if (data === undefined || /\{[{%]/.test(data)) violation(`render of ${ref || href || 'a template'}: no twig here`);
  return data ?? '';
}

/** Unsigned, through amoCRM's proxy, a call a second: not for us (docs/amocrm-contract.md §2). */
function refusePost(url) {
  violation(`crm_post to ${url}: who calls cannot be known there`);
  return window.jQuery.Deferred().reject().promise();
}
