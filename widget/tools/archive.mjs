/** The archive's files out of the widget's sources. A Map of name → bytes, sorted; nothing in it depends on the machine or the clock. */
import { readFile, readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'acorn';
import { rollup } from 'rollup';

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

/** `backend` is our service's address; https everywhere but on this machine. */
export async function files(backend) {
  const address = addressOf(backend);
  const manifest = await sourceManifest(address);
  const made = new Map([['manifest.json', pretty(manifest)], ['style.css', await styles()]]);
  for (const [name, entry] of Object.entries(BUNDLES)) made.set(name, await bundle(entry, address));
  for (const language of manifest.widget.locale) made.set(`i18n/${language}.json`, pretty(await words(language)));
  for (const [name, bytes] of await images()) made.set(name, bytes);
  return new Map([...made].sort(([one], [other]) => (one < other ? -1 : 1)));
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

async function bundle(entry, backend) {
  const built = await rollup({
    input: fileURLToPath(new URL(entry, HERE)),
    external: OF_THE_LOADER,
    plugins: [addressPlugin(backend), bareLibraries],
    onwarn: (warning) => {
      throw new Error(warning.message);
    },
  });
  const { output } = await built.generate({ format: 'amd', interop: 'default', indent: false });
  await built.close();
  return Buffer.from(output[0].code.replaceAll('\r\n', '\n'));
}

/** `import backend from 'station:backend'` is the address the archive is built for. */
function addressPlugin(backend) {
  const name = 'station:backend';
  return {
    name: 'backend-address',
    resolveId: (id) => (id === name ? name : null),
    load: (id) => (id === name ? `export default ${JSON.stringify(backend)};` : null),
  };
}

/** Other people's sources without their comments (notes to themselves, code put aside), but for the licence at the top. */
const bareLibraries = {
  name: 'bare-libraries',
  transform(code, id) {
    if (!id.includes('node_modules')) return null;
    const comments = [];
    parse(code, { ecmaVersion: 2023, sourceType: 'module', onComment: comments });
    const bare = comments.filter(({ start }) => start > 0).reduceRight((text, { start, end }) => text.slice(0, start) + text.slice(end), code);
    return { code: bare.replace(/[ \t]+$/gm, '').replace(/\n{3,}/g, '\n\n'), map: null };
  },
};

async function styles() {
  const parts = await Promise.all(STYLES.map((name) => text(HERE, `styles/${name}.css`)));
  return Buffer.from(`${parts.map((part) => part.trim()).filter(Boolean).join('\n\n')}\n`);
}

/** One object of all sections; two files of a language may add to one section, never say a key twice. */
async function words(language) {
  const folder = new URL(`i18n/${language}/`, HERE);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort();
  const merged = {};
  for (const name of names) merge(merged, JSON.parse(await text(folder, name)), `${language}/${name}`);
  return merged;
}

function merge(whole, part, name) {
  for (const [key, value] of Object.entries(part)) {
    if (!(key in whole)) whole[key] = value;
    else if (typeof value === 'object' && typeof whole[key] === 'object') merge(whole[key], value, name);
    else throw new Error(`${name}: ${key} is said twice`);
  }
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
