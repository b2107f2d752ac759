import { fill, h } from '../../ui/dom.js';
import { pbxCheckResult, runCheck } from './pbx-check.js';
import { check, longText, text } from '../form/inputs.js';
import { button, field, section } from '../form/form.js';
import { statusList } from '../form/status-list.js';
import { accountItem, lineItem } from '../health/health-items.js';
import { pasteSection } from './paste-lines.js';
import { phonebookSection } from '../phonebook/phonebook-status.js';

/** The tab Connection: the account's state, the phonebook, the PBX's address with its check, and the lines to paste on the PBX. */

export function connectionTab(page) {
  return [stateSection(page), phonebookSection(page), addressSection(page), pasteSection(page)];
}

function stateSection(page) {
  const { say, answer } = page;
  const items = [accountItem(say, answer.account), lineItem(say, answer.pbx?.link, answer.pbx?.link_reason)];
  return section(
    say('connection.state'),
    null,
    statusList(say, items),
    h(
      'p',
      { class: 'ps-row' },
      button(say('refresh'), () => page.refresh()),
    ),
  );
}

function addressSection(page) {
  const { form, say } = page;
  const put = (name, more, control) =>
    field(form, `pbx.${name}`, { label: say(`connection.${name}`), hint: more, kind: `ps-${name}` }, control);
  const port = text(form, 'pbx.port', { number: true, inputmode: 'numeric', maxlength: '5' });
  return section(
    say('connection.pbx'),
    say('connection.pbx_about'),
    h(
      'div',
      { class: 'ps-address' },
      put('host', say('connection.host_hint'), text(form, 'pbx.host', { placeholder: 'pbx.example.com' })),
      put('port', null, port),
      put('username', null, text(form, 'pbx.username', { placeholder: 'station' })),
      put('secret', null, secretLine(page)),
    ),
    put('tls', say('connection.tls_hint'), check(form, 'pbx.tls')),
    certificate(page, put),
    test(page),
  );
}

function test(page) {
  const { say, state } = page;
  const start = button(say('connection.test'), () => runCheck(page), 'ps-main');
  const result = h('div', { 'aria-live': 'polite' });
  const show = () => {
    start.disabled = Boolean(state.isChecking);
    fill(result, pbxCheckResult(page));
  };
  page.onNews('check', 'connection', show);
  show();
  return [h('p', { class: 'ps-row' }, start, h('span', { class: 'ps-soft' }, say('connection.test_about'))), result];
}

/** Always empty: the stored secret is never read back, and it is sent to no other address than its own. */
function secretLine({ form, say, answer }) {
  const isKept = () => ['host', 'port', 'username'].every((name) => form.get(`pbx.${name}`) === answer.pbx?.[name]);
  const control = text(form, 'pbx.secret', { type: 'password', empty: undefined, autocomplete: 'new-password' });
  const updateHint = () => control.node.setAttribute('placeholder', secretHint(say, answer, isKept()));
  updateHint();
  form.watch('pbx', updateHint);
  return control;
}

function secretHint(say, { pbx }, isKept) {
  if (!pbx?.has_secret) return '';
  return say(isKept ? 'connection.secret_kept' : 'connection.secret_again');
}

/** The checkbox shows the field; unchecked, no certificate is sent. */
function certificate(page, put) {
  const { form, say } = page;
  const area = longText(form, 'pbx.certificate', { rows: 5, placeholder: '-----BEGIN CERTIFICATE-----' });
  const place = put('certificate', say('connection.certificate_hint'), area);
  const box = h('input', { type: 'checkbox', checked: Boolean(form.get('pbx.certificate')) });
  const show = () => (place.hidden = !box.checked);
  box.addEventListener('change', () => {
    show();
    form.set('pbx.certificate', box.checked && area.node.value.trim() ? area.node.value : null);
  });
  show();
  return [h('label', { class: 'ps-check ps-own' }, box, say('connection.own_certificate')), place];
}
