/** The archive as the rules read it: its files, its manifest, its scripts as trees. What cannot be read is left empty here and told by a rule. */
import { unzipSync } from 'fflate';
import { readScript } from './script.mjs';

/** `name` is the file's own name, `bytes` the zip. */
export function openArchive(name, bytes) {
  return archiveOf(new Map(Object.entries(unzipSync(bytes))), { name, size: bytes.length });
}

export function archiveOf(files, { name = 'widget.zip', size = 0 } = {}) {
  const names = [...files.keys()];
  const text = (file) => (files.has(file) ? new TextDecoder().decode(files.get(file)) : '');
  const json = (file) => parsed(text(file)).value ?? {};
  return {
    name,
    size,
    files,
    names,
    text,
    json,
    manifest: json('manifest.json'),
    scripts: names.filter((file) => file.endsWith('.js')).map((file) => readScript(file, text(file))),
  };
}

export function parsed(text) {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    return { error };
  }
}

export function lineOf(text, index) {
  return text.slice(0, index).split('\n').length;
}

/** Where in a JSON text a key stands, for the reader's sake; 1 when it cannot be told. */
export function keyLine(text, key) {
  return lineOf(text, Math.max(0, text.indexOf(`"${key.split('.').at(-1)}"`)));
}
