import assert from 'node:assert/strict';
import test from 'node:test';
import { problems } from '../../tools/lint/index.mjs';
import { BUDGETS, overBudget } from '../../tools/budget.mjs';
import { archive, script } from '../kit/archive.mjs';

test('a size within its budget is no problem', () => {
  for (const [file, budget] of Object.entries(BUDGETS)) assert.equal(overBudget(file, budget), null);
});

test('what is over says the size, the budget and the difference', () => {
  assert.equal(overBudget('script.js', 61_234, 60_000), 'script.js has 61,234 bytes, its budget is 60,000: 1,234 too many');
});

test('the lint fails on a script and an archive over their budgets, in the same words', () => {
  const large = script(`/*\n${`${'and '.repeat(50)}\n`.repeat(350)}*/`);
  const found = problems(archive({ 'script.js': large }, { name: 'widget.zip', size: BUDGETS['widget.zip'] + 1 }));
  const messages = found.filter(({ rule }) => rule.endsWith('-size')).map(({ message }) => message).sort();
  assert.deepEqual(messages, [overBudget('script.js', Buffer.byteLength(large)), overBudget('widget.zip', BUDGETS['widget.zip'] + 1)].sort());
});
