/**
 * node widget/tools/lint.mjs [widget.zip]: lists what the marketplace's code audit would object to (docs/amocrm-contract.md
 * §4.1–4.8) and what is over its budget. Without a file: of the archive as it would be built now.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { files, zipped } from './archive.mjs';
import { openArchive } from './lint/archive.mjs';
import { problems, RULES } from './lint/index.mjs';

const SOME_BACKEND = 'https://station.example.com';

const [path = 'widget.zip'] = process.argv.slice(2);
const bytes = process.argv[2] ? await readFile(path) : zipped(await files(SOME_BACKEND));
const found = problems(openArchive(basename(path), bytes));
for (const { rule, file, line, message } of found) process.stdout.write(`${file}${line ? `:${line}` : ''}: ${message} [${rule}]\n`);
process.stdout.write(`${path}: ${found.length} problems by ${Object.keys(RULES).length} rules\n`);
process.exit(found.length ? 1 : 0);
