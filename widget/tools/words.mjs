/** The widget's words, out of i18n/{language}/: a folder is a language, its files say the sections. */
import { readdir, readFile } from 'node:fs/promises';

const FOLDER = new URL('../i18n/', import.meta.url);
const ABOUT = 'language.json'; // what is the same for every reader, whichever language they read

/** One object of all sections; two files of a language may add to one section, never say a key twice. */
export async function words(language) {
  const names = (await readdir(new URL(`${language}/`, FOLDER))).filter((name) => name.endsWith('.json') && name !== ABOUT).sort();
  const merged = {};
  for (const name of names) merge(merged, await json(`${language}/${name}`), `${language}/${name}`);
  return merged;
}

/** Each language by its code: its `locale` for dates, its own `name`, and how new contacts and leads are called in it. */
export async function languages(codes) {
  return Object.fromEntries(await Promise.all(codes.map(async (code) => [code, await json(`${code}/${ABOUT}`)])));
}

function merge(whole, part, name) {
  for (const [key, value] of Object.entries(part)) {
    if (!(key in whole)) whole[key] = value;
    else if (typeof value === 'object' && typeof whole[key] === 'object') merge(whole[key], value, name);
    else throw new Error(`${name}: ${key} is said twice`);
  }
}

async function json(path) {
  return JSON.parse(await readFile(new URL(path, FOLDER), 'utf8'));
}
