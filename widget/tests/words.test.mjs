import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { languages, words } from '../tools/words.mjs';

const WIDGET = new URL('..', import.meta.url);
const MANIFEST = JSON.parse(readFileSync(new URL('../manifest.json', WIDGET)));
const CODES = readdirSync(new URL('i18n/', WIDGET)).sort();

function flat(section, path = '') {
  return Object.entries(section).flatMap(([key, value]) => (typeof value === 'object' ? flat(value, `${path}${key}.`) : [[`${path}${key}`, value]]));
}

/** Each key with the placeholders of its text. */
function shape(section) {
  return Object.fromEntries(flat(section).map(([key, text]) => [key, (text.match(/\{\w+\}/g) ?? []).sort().join(' ')]));
}

test('each language has each key, with the same placeholders', async () => {
  const [first, ...others] = await Promise.all(CODES.map(words));
  for (const other of others) assert.deepEqual(shape(other), shape(first));
  const [one, ...rest] = Object.values(await languages(CODES));
  for (const other of rest) assert.deepEqual(shape(other), shape(one));
});

test('a folder of words is a language of the widget', () => {
  assert.deepEqual([...MANIFEST.widget.locale].sort(), CODES);
});

test('no source branches by language: another one is one folder of words', () => {
  const named = sources().filter(([, code]) => CODES.some((language) => new RegExp(`(===?|!==?|case|includes\\() *(['"\`])${language}\\2|_${language}\\b`).test(code)));
  assert.deepEqual(named.map(([file]) => file), []);
});

test('no source of the widget but amocrm.js knows a language by its code', () => {
  const named = sources().filter(([, code]) => /(['"`])(ru|en)\1(?!, \{ numeric)/.test(code));
  assert.deepEqual(named.map(([file]) => file), ['amocrm.js']);
});

function sources() {
  const names = readdirSync(new URL('src/', WIDGET), { recursive: true }).filter((name) => name.endsWith('.js'));
  return names.map((name) => [name, readFileSync(new URL(`src/${name}`, WIDGET), 'utf8')]);
}
