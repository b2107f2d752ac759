/** docs/amocrm-contract.md §4.1: what lies in the archive and how it is written. */
import { lineOf, parsed } from './archive.mjs';
import { texts } from './script.mjs';

const REQUIRED = ['manifest.json', 'script.js', 'images/logo_main.png', 'images/logo_small.png', 'images/logo.png', 'images/logo_medium.png', 'images/logo_min.png'];
const PLACES = /^(manifest\.json|script\.js|style\.css|i18n\/[a-z]{2}\.json|images\/[\w-]+\.(png|jpe?g|gif)|lib\/[\w.-]+\.js|templates\/[\w/-]+\.twig)$/;
const WRITTEN = /\.(json|js|css|twig)$/;
const ARCHIVE_LIMIT = 2_000_000; // bytes
const SCRIPT_LIMIT = 60_000; // bytes
const LINE_LIMIT = 250; // characters; a minified file has lines of thousands

export const rules = {
  *'archive-name'({ name }) {
    if (name !== 'widget.zip') yield { file: name, message: 'the archive must be called widget.zip' };
  },

  *'archive-size'({ name, size }) {
    if (size > ARCHIVE_LIMIT) yield { file: name, message: `${size} bytes; ${ARCHIVE_LIMIT} at most` };
  },

  *'required-file'({ files, manifest }) {
    const words = (manifest.widget?.locale ?? []).map((language) => `i18n/${language}.json`);
    for (const file of [...REQUIRED, ...words]) if (!files.has(file)) yield { file, message: 'must be in the archive' };
  },

  *'file-place'({ names }) {
    for (const file of names) if (!PLACES.test(file)) yield { file, message: 'has no place in the archive, or an odd name' };
  },

  *'unused-file'(archive) {
    for (const file of archive.names) if (!isUsed(archive, file)) yield { file, message: 'nothing uses it' };
  },

  *encoding({ files }) {
    for (const [file, bytes] of files) {
      if (!WRITTEN.test(file)) continue;
      if (bytes[0] === 0xef && bytes[1] === 0xbb) yield { file, line: 1, message: 'begins with a byte order mark' };
      if (!isUtf8(bytes)) yield { file, message: 'is not UTF-8' };
    }
  },

  *'line-ends'({ names, text }) {
    for (const file of names.filter((each) => WRITTEN.test(each))) {
      const at = text(file).indexOf('\r');
      if (at >= 0) yield { file, line: lineOf(text(file), at), message: 'lines must end with LF alone' };
    }
  },

  *json({ names, text }) {
    for (const file of names.filter((each) => each.endsWith('.json'))) {
      const { error } = parsed(text(file));
      if (error) yield { file, message: error.message };
    }
  },

  *'script-size'({ files }) {
    const size = files.get('script.js')?.length ?? 0;
    if (size > SCRIPT_LIMIT) yield { file: 'script.js', message: `${size} bytes; ${SCRIPT_LIMIT} at most` };
  },

  *readable({ names, text }) {
    for (const file of names.filter((each) => /\.(js|css)$/.test(each))) {
      const line = text(file).split('\n').findIndex((each) => each.length > LINE_LIMIT);
      if (line >= 0) yield { file, line: line + 1, message: `a line of more than ${LINE_LIMIT} characters: minified?` };
    }
  },

  *'hidden-folder'({ names }) {
    if (names.length && !names.includes('manifest.json') && names.every((file) => file.includes('/'))) {
      yield { file: names[0], message: 'files must lie at the root of the archive, not in a folder' };
    }
  },
};

function isUtf8(bytes) {
  try {
    return Boolean(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) || bytes.length === 0;
  } catch {
    return false;
  }
}

function isUsed(archive, file) {
  const [folder, name] = file.split('/');
  const language = /^i18n\/(\w+)\.json$/.exec(file)?.[1];
  if (!name || REQUIRED.includes(file)) return file !== 'style.css' || isMentioned(archive, 'style.css');
  if (language) return archive.manifest.widget?.locale?.includes(language) ?? false;
  if (folder === 'lib') return isMentioned(archive, name.replace(/\.js$/, ''));
  if (name === 'logo_dp.png') return archive.manifest.locations?.includes('digital_pipeline') ?? false;
  return isMentioned(archive, file) || archive.text('style.css').includes(name) || archive.text('manifest.json').includes(name);
}

function isMentioned({ scripts }, name) {
  return scripts.some((script) => texts(script).some(({ text }) => text === name || text.includes(name) && name.includes('.')));
}

