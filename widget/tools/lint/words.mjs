/** docs/amocrm-contract.md §4.1, §4.8: the words, in each language the same keys, all used, none missing, in their own language. */
import { keyLine } from './archive.mjs';
import { at, texts } from './script.mjs';

const CYRILLIC = /[А-Яа-яЁё]/;
const NAMES = /\b(amoCRM|Kommo|Asterisk|FreePBX|PBX|AMI|SIP|DID|TLS|CRM|URL|CSV|mp3|manager\.conf|extensions\.conf|\w+\.conf)\b/g;
const BRAND = /amo|kommo|амо/i;
const MARKED_UP = ['widget.description']; // shown as HTML by amoCRM

export const rules = {
  *'words-structure'(archive) {
    const [first, ...others] = languages(archive);
    for (const other of others) {
      for (const key of first?.keys() ?? []) if (!other.has(key)) yield missing(archive, other.file, key, `${key} is missing`);
      for (const key of other.keys()) if (!first.has(key)) yield missing(archive, other.file, key, `${key} is in no other language`);
    }
  },

  *'words-places'(archive) {
    const [first, ...others] = languages(archive);
    for (const other of others) {
      for (const [key, text] of first) {
        if (other.has(key) && holes(text) !== holes(other.get(key))) yield missing(archive, other.file, key, `${key}: other {places} than in ${first.file}`);
      }
    }
  },

  *'words-empty'(archive) {
    for (const each of languages(archive)) {
      for (const [key, text] of each) if (typeof text !== 'string' || !text.trim()) yield missing(archive, each.file, key, `${key} says nothing`);
    }
  },

  *'words-unused'(archive) {
    const [first] = languages(archive);
    const said = saidKeys(archive);
    for (const key of first?.keys() ?? []) if (!isSaid(key, said)) yield missing(archive, first.file, key, `${key} is not used`);
  },

  *'words-unknown'(archive) {
    const [first] = languages(archive);
    if (!first) return;
    const known = [...first.keys()];
    const sections = new Set(known.map((key) => key.split('.')[0]));
    for (const [script, node, key] of codeKeys(archive, sections)) {
      if (!known.some((each) => each === key || each.startsWith(key.endsWith('.') ? key : `${key}.`))) yield at(script, node, `${key} is in no language`);
    }
    for (const key of manifestKeys(archive.manifest)) if (!first.has(key)) yield { file: 'manifest.json', message: `${key} is in no language` };
  },

  *'words-language'(archive) {
    for (const each of languages(archive)) {
      for (const [key, text] of each) {
        if (each.language !== 'ru' && CYRILLIC.test(text)) yield missing(archive, each.file, key, `${key} is in Cyrillic`);
        if (each.language === 'ru' && isForeign(text)) yield missing(archive, each.file, key, `${key} is not in Russian`);
      }
    }
  },

  *'words-links'(archive) {
    for (const each of languages(archive)) {
      for (const [key, text] of each) {
        if (each.language !== 'ru' && /\.(ru|рф|su)\b/i.test(text)) yield missing(archive, each.file, key, `${key} leads to a Russian address`);
        for (const [link] of text.matchAll(/<a\b[^>]*>/gi)) {
          if (!/target="_blank"/.test(link) || !/referrerpolicy="no-referrer"/.test(link)) yield missing(archive, each.file, key, `${key}: a link needs target and referrerpolicy`);
        }
      }
    }
  },

  *'words-markup'(archive) {
    for (const each of languages(archive)) {
      for (const [key, text] of each) if (!MARKED_UP.includes(key) && /<[a-z/]/i.test(text)) yield missing(archive, each.file, key, `${key} has markup`);
    }
  },

  *brand(archive) {
    for (const each of languages(archive)) {
      if (BRAND.test(each.get('widget.name') ?? '')) yield missing(archive, each.file, 'widget.name', 'the name uses the brand of amoCRM');
      for (const [key, text] of each) {
        for (const [word] of text.matchAll(/amo\s?crm/gi)) if (word !== 'amoCRM') yield missing(archive, each.file, key, `${key}: write amoCRM, not ${word}`);
      }
    }
  },
};

function missing(archive, file, key, message) {
  return { file, line: keyLine(archive.text(file), key), message };
}

/** For each language a Map of dotted key → text, with its `file` and `language`. */
function languages(archive) {
  return archive.names.filter((name) => name.startsWith('i18n/')).map((file) => {
    const flat = new Map(flattened(archive.json(file)));
    return Object.assign(flat, { file, language: file.slice(5, 7) });
  });
}

function flattened(section, path = '') {
  return Object.entries(section).flatMap(([key, value]) => (isSection(value) ? flattened(value, `${path}${key}.`) : [[`${path}${key}`, value]]));
}

function isSection(value) {
  return typeof value === 'object' && value !== null;
}

function holes(text) {
  return [...String(text).matchAll(/\{\w+\}/g)].map(([hole]) => hole).sort().join();
}

function isForeign(text) {
  const rest = text.replace(/\S*\/\S*|\{\w+\}/g, '').replace(NAMES, '');
  return !CYRILLIC.test(rest) && /[a-z]{4}/.test(rest);
}

/** Whole keys and beginnings of keys that the code or the manifest says; amoCRM itself asks for call_action. */
function saidKeys(archive) {
  const code = archive.scripts.flatMap((script) => texts(script).map(({ text }) => text));
  return new Set([...code, ...manifestKeys(archive.manifest), 'widget.call_action']);
}

/** Also by a parent: of its plural forms (words(key, {count})), or `section.name.` with a computed end. */
function isSaid(key, said) {
  const steps = key.split('.');
  const parents = steps.slice(1).map((_, index) => steps.slice(0, index + 1).join('.'));
  return said.has(key) || parents.some((parent) => said.has(`${parent}.`)) || (isPlural(steps.at(-1)) && said.has(parents.at(-1))) || hasPiece(steps, said);
}

function isPlural(step) {
  return ['one', 'few', 'many'].includes(step);
}

/** `popups.${kind}.title`, `popups.result_${name}`: a piece that begins with the section and goes on to a computed part. */
function hasPiece(steps, said) {
  const key = steps.join('.');
  return [...said].some((piece) => piece.startsWith(`${steps[0]}.`) && piece.endsWith('_') && key.startsWith(piece));
}

function* codeKeys({ scripts }, sections) {
  for (const script of scripts) {
    for (const { node, text } of texts(script)) {
      if (/^[a-z_]+(\.[a-z0-9_-]+)*\.?[a-z0-9_-]*$/i.test(text) && text.includes('.') && sections.has(text.split('.')[0])) yield [script, node, text.replace(/\.$/, '.')];
    }
  }
}

function manifestKeys({ widget = {}, tour = {}, settings = {}, advanced = {} }) {
  const named = [widget.name, widget.description, widget.short_description, tour.tour_description, advanced.title];
  return [...named, ...Object.values(settings).map(({ name }) => name)].filter(Boolean);
}
