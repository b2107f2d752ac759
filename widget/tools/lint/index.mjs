/** All rules by name; `problems(archive)` is what they find. */
import { rules as code } from './code.mjs';
import { rules as images } from './images.mjs';
import { rules as layout } from './layout.mjs';
import { rules as manifest } from './manifest.mjs';
import { rules as platform } from './platform.mjs';
import { rules as styles } from './styles.mjs';
import { rules as words } from './words.mjs';

export const RULES = { ...layout, ...manifest, ...words, ...code, ...platform, ...styles, ...images };

/** @returns {{rule: string, file: string, line?: number, message: string}[]} */
export function problems(archive) {
  return Object.entries(RULES).flatMap(([rule, find]) => [...find(archive)].map((problem) => ({ rule, ...problem })));
}
