/** The overview of a week. */
import { overviewTab } from '../../src/admin/overview/overview-tab.js';
import { h } from '../../src/ui/dom.js';
import { moment } from '../../src/ui/format.js';
import { amoOf, done, draw, NOW, pick } from './scene.js';

const DAY = 86400;
const day = (index, [inbound, missed, outbound, failed]) => ({ at: NOW - (6 - index) * DAY, inbound, outbound, answered: inbound - missed, missed, failed });
const WEEK = [[41, 4, 28, 3], [52, 6, 31, 5], [47, 2, 35, 2], [58, 5, 30, 4], [44, 3, 26, 3], [12, 2, 5, 1], [7, 1, 2, 0]];
const BUSY = [0, 0, 0, 0, 0, 0, 0, 1, 6, 22, 34, 31, 24, 18, 25, 33, 29, 21, 9, 5, 2, 1, 0, 0];
const people = [[pick('Анна Орлова', 'Anna Orr'), 74, 61], [pick('Борис Ким', 'Boris Kim'), 88, 52], [pick('Вера Нилова', 'Vera Neal'), 61, 44]];
const answer = {
  days: 7,
  zone: 'Europe/Moscow',
  calls: WEEK.map((each, index) => day(index, each)),
  hours: BUSY.map((answered, hour) => ({ answered, missed: hour === 13 ? 7 : Math.round(answered / 11) })),
  employees: people.map(([name, inbound, outbound], index) => ({ user_id: index, name, inbound, outbound, missed_rung: index + 2, talk: inbound * 190, answer_after: 7 + index })),
  dids: [],
  answer_after: { median: 8, p90: 19 },
  missed: { total: 23, closed: 21, first_response_median: 540 },
};
const amo = amoOf({ '/api/overview': answer });
const say = (key, values) => amo.words(`admin.${key}`, values);
const opened = [];
const page = { amo, say, state: {}, answer: { is_admin: true }, moment: (at) => moment(amo.locale, at), tabs: { whenOpened: (key, listener) => opened.push(listener) } };
const nodes = overviewTab(page);
draw(amo.words('widget.name'), h('div', { class: 'body wide' }, h('div', { class: 'phone-station ps-admin' }, nodes)));
await Promise.all(opened.map((each) => each()));
await new Promise((ready) => setTimeout(ready, 300));
done();
