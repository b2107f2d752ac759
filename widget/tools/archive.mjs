/** The archive's files out of the widget's sources. A Map of name → bytes, sorted; nothing in it depends on the machine or the clock. */
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'acorn';
import { zipSync } from 'fflate';
import { rollup } from 'rollup';
import { languages, words } from './words.mjs';

const HERE = new URL('..', import.meta.url);
const PROJECT = new URL('..', HERE);
const STYLES = ['base', 'panel', 'popups', 'admin'];
const BUNDLES = {
  'script.js': 'src/script.js',
  'lib/card.js': 'src/card.js',
  'lib/admin.js': 'src/admin.js',
  'lib/uPlot.js': 'node_modules/uplot/dist/uPlot.esm.js',
};
const OF_THE_LOADER = ['jquery', 'require'];
const ALWAYS = new Date(2020, 0, 1); // the archive writes a local time: the same fields in every zone

/** `backend` is our service's address; https everywhere but on this machine. */
export async function files(backend) {
  const address = addressOf(backend);
  const manifest = await sourceManifest(address);
  const made = new Map([['manifest.json', pretty(manifest)], ['style.css', await styles()]]);
  const { locale } = manifest.widget;
  const given = { 'station:backend': address, 'station:languages': await languages(locale) };
  for (const [name, entry] of Object.entries(BUNDLES)) made.set(name, await bundle(entry, given));
  for (const language of locale) made.set(`i18n/${language}.json`, pretty(await words(language)));
  for (const [name, bytes] of await images()) made.set(name, bytes);
  return new Map([...made].sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** The files as the bytes of widget.zip. */
export function zipped(made) {
  return zipSync(Object.fromEntries(made), { level: 9, mtime: ALWAYS, os: 3 });
}

/** The origin of the backend; throws for one that is not https and not on this machine. */
export function addressOf(backend) {
  const { origin, protocol, hostname } = new URL(backend);
  const isHere = hostname === 'localhost' || hostname.endsWith('.localhost') || hostname === '127.0.0.1';
  if (protocol !== 'https:' && !(isHere && protocol === 'http:')) throw new Error(`the backend's address must be https: ${backend}`);
  return origin;
}

/** manifest.json of the project's root, with the address and the one version there is: pyproject.toml's. */
async function sourceManifest(backend) {
  const manifest = JSON.parse((await text(PROJECT, 'manifest.json')).replaceAll('{backend}', backend));
  const [, version] = (await text(PROJECT, 'pyproject.toml')).match(/^version = "([^"]+)"$/m);
  return { ...manifest, widget: { ...manifest.widget, version } };
}

async function bundle(entry, given) {
  const built = await rollup({
    input: fileURLToPath(new URL(entry, HERE)),
    external: OF_THE_LOADER,
    plugins: [givenModules(given), bareLibraries, withoutTypes],
    onwarn: (warning) => {
      throw new Error(warning.message);
    },
  });
  const { output } = await built.generate({ format: 'amd', interop: 'default', indent: false });
  await built.close();
  return Buffer.from(output[0].code.replaceAll('\r\n', '\n'));
}

/** `import backend from 'station:backend'` is the address the archive is built for; the other names of `given` alike. */
function givenModules(given) {
  return {
    name: 'given-modules',
    resolveId: (id) => (id in given ? id : null),
    load: (id) => (id in given ? `export default ${JSON.stringify(given[id], null, 2)};` : null),
  };
}

/** Other people's sources without their comments (notes to themselves, code put aside), but for the licence at the top. */
const bareLibraries = {
  name: 'bare-libraries',
  transform(code, id) {
    if (!id.includes('node_modules')) return null;
    const comments = [];
    parse(code, { ecmaVersion: 2023, sourceType: 'module', onComment: comments });
    const bare = comments.filter(({ start }) => start > 0).reduceRight((left, { start, end }) => left.slice(0, start) + left.slice(end), code);
    return { code: bare.replace(/[ \t]+$/gm, '').replace(/\n{3,}/g, '\n\n'), map: null };
  },
};

/** Our sources without the types in their comments, which the type check alone reads; what a comment says stays. */
const withoutTypes = {
  name: 'without-types',
  transform(code, id) {
    if (id.includes('node_modules')) return null;
    const comments = [];
    parse(code, { ecmaVersion: 2023, sourceType: 'module', onComment: comments });
    const bare = comments.reduceRight((left, { start, end }) => replaced(left, start, end, bareComment(left.slice(start, end))), code);
    return { code: bare, map: null };
  },
};

function bareComment(comment) {
  if (!comment.startsWith('/**') || !comment.includes('@')) return comment;
  const prose = comment.replace(/(^|[\s*])@[a-z]+\b[\s\S]*$/, '').replace(/^\/\*\*/, '').split('\n').map((line) => line.replace(/^\s*\*/, '').trim()).filter(Boolean);
  if (!prose.length) return '';
  const indent = /\n(\s*) \*\/$/.exec(comment)?.[1] ?? '';
  return prose.length > 1 ? `/**\n${prose.map((line) => `${indent} * ${line}`).join('\n')}\n${indent} */` : `/** ${prose[0]} */`;
}

/** With its line, where the comment stood on a line of its own and is gone. */
function replaced(code, start, end, comment) {
  const [before, after] = [code.slice(0, start), code.slice(end)];
  if (comment) return before + comment + after;
  const isAlone = /(^|\n)[ \t]*$/.test(before) && /^[ \t]*\n/.test(after);
  return isAlone ? before.replace(/[ \t]*$/, '') + after.replace(/^[ \t]*\n/, '') : before + after.replace(/^ /, '');
}

async function styles() {
  const parts = await Promise.all(STYLES.map((name) => text(HERE, `styles/${name}.css`)));
  return Buffer.from(`${parts.map((part) => part.trim()).filter(Boolean).join('\n\n')}\n`);
}

async function images() {
  const names = (await readdir(new URL('images/', HERE))).filter((name) => name.endsWith('.png'));
  return Promise.all(names.map(async (name) => [`images/${name}`, await readFile(new URL(`images/${name}`, HERE))]));
}

function text(folder, name) {
  return readFile(new URL(name, folder), 'utf8');
}

function pretty(value) {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
