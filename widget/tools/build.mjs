/** node widget/tools/build.mjs --backend https://station.example.com [--out widget.zip] [--folder DIR] */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { zipSync } from 'fflate';
import { files } from './archive.mjs';

const ALWAYS = new Date(2020, 0, 1); // the archive writes a local time: the same fields in every zone
const options = { backend: { type: 'string' }, out: { type: 'string' }, folder: { type: 'string' } };

const { values } = parseArgs({ options });
if (!values.backend || !(values.out || values.folder)) {
  process.stderr.write('build: --backend https://… and --out widget.zip or --folder DIR are needed\n');
  process.exit(2);
}
try {
  await build(values);
} catch (error) {
  process.stderr.write(`build: ${error.message}\n`);
  process.exit(1);
}

async function build({ backend, out, folder }) {
  const made = await files(backend);
  if (out) await writeZip(made, out);
  if (folder) await writeFolder(made, folder);
}

function told(made, where) {
  const script = made.get('script.js').length;
  process.stdout.write(`${where}: ${made.size} files for ${values.backend}; script.js ${script} of 60000 bytes\n`);
}

async function writeZip(made, out) {
  const bytes = zipSync(Object.fromEntries(made), { level: 9, mtime: ALWAYS, os: 3 });
  await writeFile(out, bytes);
  told(made, `${out} (${Math.ceil(bytes.length / 1024)} KB)`);
}

async function writeFolder(made, folder) {
  for (const [name, bytes] of made) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
  told(made, folder);
}
