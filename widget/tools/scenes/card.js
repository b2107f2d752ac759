/** The panel in a lead's card, and the list of missed calls. */
import { createMissed } from '../../src/card/missed-calls.js';
import { createPanel } from '../../src/card/panel.js';
import { h } from '../../src/ui/dom.js';
import { amoOf, call, done, drawCard, NOW, pick, streamOf } from './scene.js';

const column = drawCard();
const heading = h('h4', null, h('img', { src: '../../images/logo_min.png', alt: '' }), pick('Телефонная станция', 'Phone Station'));
column.append(heading, h('div', { class: 'phone-station ps-panel' }));

const anna = { name: pick('Анна Орлова', 'Anna Orr'), extension: '101', seconds: 214 };
const boris = { name: pick('Борис Ким', 'Boris Kim'), extension: '102', seconds: 131 };
const missed = call({ call: 'm', result: 'missed', at: NOW - 1500, is_open_missed: true, name: pick('Ольга Лебедева', 'Olivia Larsen') });
const answers = {
  '/api/card': {
    phones: [{ number: missed.number, spoken: missed.phone }],
    missed: [missed],
    calls: [
      missed,
      call({ call: 'b', at: NOW - 9000, duration: 345, employees: [anna, boris], recording: '/r/b.mp3' }),
      call({ call: 'c', direction: 'outbound', at: NOW - 90000, duration: 61, employees: [anna], recording: '/r/c.mp3' }),
      call({ call: 'd', direction: 'outbound', result: 'failed', reason: 'busy', at: NOW - 93000, employees: [anna] }),
    ],
  },
};
const other = (name, phone, ago, lead) => call({ call: name, name, phone, result: 'missed', at: NOW - ago, lead: lead && { id: 2, name: lead } });
const open = [
  missed,
  other(pick('Завод «Прибой»', 'Harbour Works'), pick('+7 812 555-03-11', '+1 202 555-0111'), 4100, pick('Поставка на июнь', 'June delivery')),
  other('', pick('+7 921 555-77-02', '+1 202 555-0102'), 7300),
];
const amo = amoOf(answers);
const phone = { call() {} };
const list = createMissed(amo, streamOf({ missed: open }), phone);
createPanel(amo, streamOf(), phone, list).show();
await new Promise((ready) => setTimeout(ready));
list.open();
document.activeElement.blur();
document.querySelector('.ps-corner').style.right = '354px';
done();
