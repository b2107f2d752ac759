import { h } from '../../ui/dom.js';
import { manyLines, select, text } from '../form/inputs.js';
import { field, section } from '../form/form.js';

/** The tab Calls: how phone numbers and phones of this account are recognised, and how calls by click are dialled. */

const REGIONS =
  'RU KZ BY UZ KG AM AZ GE MD TJ TM UA ' +
  'AD AE AF AG AI AL AO AR AS AT AU AW AX BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BZ CA CC CD CF CG CH CI CK CL CM ' +
  'CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GF GG GH GI GL GM GN GP GQ GR GT ' +
  'GU GW GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KH KI KM KN KP KR KW KY LA LB LC LI LK LR LS LT LU LV LY ' +
  'MA MC ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL ' +
  'PM PR PS PT PW PY QA RE RO RS RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TG TH TK TL TN TO TR TT ' +
  'TV TW TZ UG US UY VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW';
const ZONES = 'ps-zones';

export function callsTab(page) {
  return [countryAndLanguage(page), telephones(page), byClick(page)];
}

function countryAndLanguage({ form, say, amo }) {
  const languages = Object.entries(amo.languages).map(([value, { name }]) => ({ value, label: name }));
  const put = (name, control) => known(form, say, `settings.${name}`, `calls.${name}`, control);
  return section(
    say('calls.place'),
    null,
    h(
      'div',
      { class: 'ps-columns' },
      put('country', () => select(form, 'settings.country', countryOptions(amo.language))),
      put('language', () => select(form, 'settings.language', languages)),
      put('zone', () => text(form, 'settings.zone', { list: ZONES })),
    ),
    h(
      'datalist',
      { id: ZONES },
      Intl.supportedValuesOf('timeZone').map((value) => h('option', { value })),
    ),
  );
}

/** All countries of the numbering plans as options, Russia and its neighbours first. @param {string} language */
export function countryOptions(language) {
  const names = new Intl.DisplayNames(language, { type: 'region' });
  const all = REGIONS.split(' ').map((value) => ({ value, label: `${names.of(value)} (${value})` }));
  const [near, others] = [all.slice(0, 12), all.slice(12)];
  return [...near, ...others.sort((one, other) => one.label.localeCompare(other.label, language))];
}

function telephones({ form, say }) {
  const list = (name) => known(form, say, `settings.${name}`, `calls.${name}`, () => patterns(form, name));
  return section(
    say('calls.telephones'),
    say('calls.telephones_about'),
    h('div', { class: 'ps-columns' }, list('extensions'), list('trunks')),
  );
}

function patterns(form, name) {
  const placeholder = name === 'trunks' ? '^provider' : '^sip-(\\d+)$';
  return manyLines(form, `settings.${name}`, { rows: 3, class: 'ps-input ps-code', placeholder });
}

function byClick({ form, say }) {
  if (!form.draft.isKnown('settings.dial')) return null;
  const put = (name, control) => known(form, say, `settings.dial.${name}`, `dial.${name}`, control);
  const line = (name, more) => put(name, () => text(form, `settings.dial.${name}`, more));
  const formats = ['e164', 'plus', 'national'].map((value) => ({ value, label: say(`dial.format_${value}`) }));
  return section(
    say('dial.title'),
    say('dial.about'),
    h(
      'div',
      { class: 'ps-columns' },
      line('channel', { class: 'ps-input ps-code' }),
      line('context', { class: 'ps-input ps-code' }),
      put('format', () => select(form, 'settings.dial.format', formats)),
      line('prefix', { class: 'ps-input ps-code' }),
      line('ring_seconds', { number: true, inputmode: 'numeric' }),
    ),
    put('allowed', () => manyLines(form, 'settings.dial.allowed', { rows: 3 })),
  );
}

/** A field of a setting the service knows; else nothing. */
function known(form, say, path, key, control) {
  if (!form.draft.isKnown(path)) return null;
  return field(form, path, { label: say(key), hint: say(`${key}_hint`) }, control());
}
