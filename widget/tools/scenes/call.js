/** A talk with a client and another call ringing. */
import { createOutcome } from '../../src/outcome/outcome-form.js';
import { createPopups } from '../../src/popups/popups.js';
import { amoOf, done, drawCard, NOW, pick, streamOf } from './scene.js';

drawCard();
const talking = {
  call: 'talk',
  state: 'talking',
  serial: 1,
  details: {
    direction: 'inbound',
    phone: pick('+7 916 123-45-67', '+1 202 555-0143'),
    number: '+79161234567',
    at: NOW - 96,
    answered_at: NOW - 84,
    name: pick('Ольга Лебедева', 'Olivia Larsen'),
    company: pick('ООО «Север»', 'North Ltd'),
    party: { entity: 'contacts', id: 1 },
    lead: { id: 1, name: pick('Остекление офиса', 'Office windows'), price: pick(184000, 18400), stage: pick('Переговоры', 'Negotiation') },
    responsible: { id: 1, name: pick('Анна Орлова', 'Anna Orr') },
    calls: { total: 4, last: NOW - 172800 },
  },
};
const ringing = {
  call: 'ring',
  state: 'ringing',
  serial: 2,
  details: { direction: 'inbound', phone: pick('+7 903 555-01-20', '+1 202 555-0178'), number: '+79035550120', at: NOW - 6, is_new: true, did: pick('+7 495 100-00-01', '+1 202 555-0100') },
};
createPopups(amoOf(), streamOf({ popups: { talk: talking, ring: ringing } })).useOutcome(createOutcome);
await new Promise((ticked) => setTimeout(ticked, 1200));
done();
