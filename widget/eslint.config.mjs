/** What `npm run lint:code` holds the sources, the tests and the tools to. The archive's own rules are in tools/lint. */
import js from '@eslint/js';
import globals from 'globals';

const RULES = {
  eqeqeq: 'error',
  'no-duplicate-imports': 'error',
  'no-implicit-globals': 'error',
  'no-self-compare': 'error',
  'no-shadow': 'error',
  'no-unused-vars': ['error', { ignoreRestSiblings: true }],
  'no-var': 'error',
  'object-shorthand': 'error',
  'prefer-const': ['error', { destructuring: 'all' }],
};
const FILE_LINES = 300;

export default [
  js.configs.recommended,
  { rules: RULES },
  {
    files: ['src/**/*.js'],
    languageOptions: { globals: globals.browser },
    rules: { 'max-lines': ['error', FILE_LINES] },
  },
  { files: ['src/amocrm.js'], languageOptions: { globals: { APP: 'readonly' } } }, // amoCRM's own object, for this file alone
  { files: ['tests/**/*.mjs', 'tools/**/*.mjs', '*.mjs'], languageOptions: { globals: globals.node } },
  { files: ['tests/**/*.mjs', 'tools/scenes/*.js'], languageOptions: { globals: globals.browser } },
];
