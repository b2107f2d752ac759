import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { addressOf } from '../../tools/archive.mjs';
import { openArchive } from '../../tools/lint/archive.mjs';

const BUILD = fileURLToPath(new URL('../../tools/build.mjs', import.meta.url));
const BACKEND = 'https://station.example.com';
const AA = 4.5; // contrast of text, WCAG 2
const folder = mkdtempSync(join(tmpdir(), 'widget-'));
let bytes;

function build(name, env = {}) {
  const out = join(folder, name);
  execFileSync(process.execPath, [BUILD, '--backend', BACKEND, '--out', out], { env: { ...process.env, ...env }, cwd: folder, stdio: 'pipe' });
  return readFileSync(out);
}

before(() => {
  bytes = build('widget.zip');
});
after(() => rmSync(folder, { recursive: true }));

test('the same input makes the same bytes, wherever and whenever', () => {
  const other = build('other.zip', { TZ: 'Pacific/Kiritimati', LC_ALL: 'C', LANG: 'C' });
  const [one, two] = [bytes, other].map((zip) => openArchive('widget.zip', zip));
  assert.deepEqual(one.names.filter((name) => one.text(name) !== two.text(name)), []);
  assert.ok(bytes.equals(other));
});

test('the backend\'s address is the one asked for, and https but on this machine', () => {
  const script = openArchive('widget.zip', bytes).text('script.js');
  assert.ok(script.includes(`"${BACKEND}"`));
  assert.throws(() => addressOf('http://station.example.com'), /must be https/);
  assert.equal(addressOf('http://localhost:8000/'), 'http://localhost:8000');
});

test('the version is the project\'s', () => {
  const project = readFileSync(new URL('../../../pyproject.toml', import.meta.url), 'utf8');
  assert.ok(project.includes(`version = "${openArchive('widget.zip', bytes).manifest.widget.version}"`));
});

test('what a manager\'s page loads does not have the administrator\'s part in it', () => {
  const archive = openArchive('widget.zip', bytes);
  const loaded = ['script.js', 'lib/card.js'].map(archive.text).join();
  assert.ok(!loaded.includes('/api/settings') && archive.text('lib/admin.js').includes('/api/settings'));
});

test('colours of text stand out on their grounds', () => {
  const style = openArchive('widget.zip', bytes).text('style.css');
  const colour = (name) => style.match(new RegExp(`--ps-${name}: (#\\w+)`))[1];
  const pairs = [['ink', 'paper'], ['ink', 'ground'], ['soft', 'paper'], ['soft', 'ground'], ...['blue', 'green', 'red', 'amber'].flatMap((name) => [[name, 'paper'], [name, `${name}-light`]])];
  for (const [text, ground] of pairs) {
    const ratio = contrast(colour(text), colour(ground));
    assert.ok(ratio >= AA, `${text} on ${ground}: ${ratio.toFixed(2)}`);
  }
});

function contrast(one, other) {
  const [light, dark] = [one, other].map(luminance).sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour) {
  const digits = colour.length === 4 ? [...colour.slice(1)].map((each) => each + each).join('') : colour.slice(1);
  const [red, green, blue] = digits.match(/../g).map((pair) => parseInt(pair, 16) / 255).map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
