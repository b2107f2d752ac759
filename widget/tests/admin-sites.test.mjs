import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asDepartments } from '../src/admin/sites.js';

test('departments are typed a line each; what has no number is told without one', () => {
  assert.deepEqual(asDepartments('Продажи = 601\n\n Сервис=602 \nСклад'), { Продажи: '601', Сервис: '602', Склад: '' });
  assert.deepEqual(asDepartments(''), {});
});

test('a line cannot touch what every object has', () => {
  const typed = asDepartments('__proto__ = 1');
  assert.deepEqual(JSON.parse(JSON.stringify(typed)), JSON.parse('{"__proto__": "1"}'));
  assert.equal({}.polluted, undefined);
});
