import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asNumber, valuesOf } from '../../src/admin/form/name-value-lines.js';
import { scriptOf } from '../../src/admin/callback/sites.js';

test('departments are typed a line each; what has no number is told without one', () => {
  assert.deepEqual(valuesOf('Продажи = 601\n\n Сервис=602 \nСклад'), { Продажи: '601', Сервис: '602', Склад: '' });
  assert.deepEqual(valuesOf(''), {});
});

test('the id of a field is a number; what is none is left to be refused', () => {
  assert.deepEqual(valuesOf('size = 123456\ncolour = red', asNumber), { size: 123456, colour: 'red' });
});

test('a line cannot touch what every object has', () => {
  const typed = valuesOf('__proto__ = 1');
  assert.deepEqual(JSON.parse(JSON.stringify(typed)), JSON.parse('{"__proto__": "1"}'));
  assert.equal({}.polluted, undefined);
});

test("a site's line of script names its departments as text", () => {
  const line = '<script src="https://station.example.com/callback.js" data-site="abc" async></script>';
  assert.equal(scriptOf('https://station.example.com', 'abc', []), line);
  const named = scriptOf('https://station.example.com', 'abc', ['A "x"', '<b>&']);
  assert.match(named, / data-departments="A &#34;x&#34;\|&#60;b&#62;&#38;" async>/);
});
