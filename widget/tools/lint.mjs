/**
 * node widget/tools/lint.mjs widget.zip: says what the marketplace's code audit would object to
 * (docs/amocrm-contract.md §4.1–4.8).
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { openArchive } from './lint/archive.mjs';
import { problems, RULES } from './lint/index.mjs';

const [path] = process.argv.slice(2);
if (!path) {
  process.stderr.write('lint: the archive is needed: node widget/tools/lint.mjs widget.zip\n');
  process.exit(2);
}
const archive = openArchive(basename(path), await readFile(path));
const found = problems(archive);
for (const { rule, file, line, message } of found) process.stdout.write(`${file}${line ? `:${line}` : ''}: ${message} [${rule}]\n`);
process.stdout.write(`${path}: ${found.length} problems by ${Object.keys(RULES).length} rules\n`);
process.exit(found.length ? 1 : 0);
