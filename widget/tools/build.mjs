/** node widget/tools/build.mjs --backend https://station.example.com [--out widget.zip] [--folder DIR] */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { files, zipped } from './archive.mjs';
import { BUDGETS, inWords, overBudget } from './budget.mjs';

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
  const zip = zipped(made);
  checkBudgets({ 'script.js': made.get('script.js').length, 'widget.zip': zip.length });
  if (out) await writeFile(out, zip);
  if (folder) await writeFolder(made, folder);
  for (const place of [out, folder].filter(Boolean)) report(place, made, zip);
}

/** Throws where one of the sizes is over its budget. */
function checkBudgets(sizes) {
  const over = Object.entries(sizes).map(([file, size]) => overBudget(file, size)).filter(Boolean);
  if (over.length) throw new Error(over.join('; '));
}

async function writeFolder(made, folder) {
  for (const [name, bytes] of made) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), bytes);
  }
}

function report(place, made, zip) {
  const sizes = { 'script.js': made.get('script.js').length, 'widget.zip': zip.length };
  const shown = Object.entries(sizes).map(([file, size]) => `${file} ${inWords(size)} of ${inWords(BUDGETS[file])} bytes`);
  process.stdout.write(`${place}: ${made.size} files for ${values.backend}; ${shown.join(', ')}\n`);
}
