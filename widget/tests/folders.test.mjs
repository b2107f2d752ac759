import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';

const SRC = fileURLToPath(new URL('../src', import.meta.url));
const LARGEST = 18; // files in a folder that a newcomer can still take in
const FILES = readdirSync(SRC, { recursive: true }).filter((name) => name.endsWith('.js'));

/** Which folder imports which, one and the other both inside `of`. */
function imports(of) {
  const pairs = FILES.flatMap((file) => {
    const code = readFileSync(join(SRC, file), 'utf8');
    return [...code.matchAll(/^(?:import|export) .* from '(\.[^']+)'/gm)].map(([, path]) => [folder(of, file), folder(of, join(dirname(file), path))]);
  });
  return new Set(pairs.filter(([one, other]) => one && other && one !== other).map((pair) => pair.join(' → ')));
}

/** The part of a path below `of` that is a folder; null for files that lie elsewhere, or in `of` itself. */
function folder(of, file) {
  const [name, ...rest] = relative(of, file).split('/');
  return rest.length && name !== '..' ? name : null;
}

test('no folder is a hall', () => {
  const sizes = Map.groupBy(FILES, dirname);
  assert.deepEqual([...sizes].filter(([, files]) => files.length > LARGEST).map(([name]) => name), []);
});

for (const of of ['.', 'admin']) {
  test(`no two folders of ${of} import each other`, () => {
    const found = imports(of);
    const both = [...found].filter((arrow) => found.has(arrow.split(' → ').reverse().join(' → ')));
    assert.deepEqual(both, []);
  });
}

test('no two modules have one name', () => {
  const names = Map.groupBy(FILES, (file) => file.split('/').at(-1));
  assert.deepEqual([...names].filter(([, files]) => files.length > 1).map(([name]) => name), []);
});
