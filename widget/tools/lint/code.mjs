/** docs/amocrm-contract.md §4.8, "Code": what a script of the marketplace may not do. */
import { parse } from 'acorn';
import { ancestors, at, calledName, chain, isFunction, isGlobal, propertyName, texts } from './script.mjs';

const DIALOGS = ['alert', 'confirm', 'prompt'];
const MARKUP = ['innerHTML', 'outerHTML', 'srcdoc'];
const MARKUP_CALLS = ['insertAdjacentHTML', 'createContextualFragment', 'parseFromString', 'setHTMLUnsafe', 'parseHTML'];
const INSERTIONS = ['append', 'prepend', 'before', 'after', 'replaceWith', 'wrap']; // of jQuery
const ACTS = ['AssignmentExpression', 'CallExpression', 'VariableDeclaration', 'ReturnStatement', 'IfStatement', 'ForStatement', 'UpdateExpression', 'NewExpression'];

export const rules = {
  *syntax({ scripts }) {
    for (const { file, error } of scripts) if (error) yield { file, line: error.loc?.line, message: error.message };
  },

  *evaluation({ scripts }) {
    for (const [script, node] of calls(scripts)) {
      const name = calledName(node);
      if (['eval', 'Function'].includes(name)) yield at(script, node, `${name}() runs text as code`);
      const isLate = ['setTimeout', 'setInterval'].includes(name);
      if (isLate && written(node.arguments[0])) yield at(script, node, `${name}() with text runs it as code`);
      if (name === 'setAttribute' && /^on/i.test(written(node.arguments[0]))) yield at(script, node, 'an attribute that runs text as code');
    }
    for (const script of scripts) {
      for (const { node, text } of texts(script)) if (/^\s*javascript:/i.test(text)) yield at(script, node, 'an address that runs text as code');
    }
  },

  *dialogs({ scripts }) {
    for (const [script, node] of calls(scripts)) {
      const [first, second] = chain(node.callee);
      const called = first === 'window' || first === 'globalThis' ? second : first;
      if (DIALOGS.includes(called) && (called !== first || isGlobal(script, node.callee))) yield at(script, node, `${called}() is forbidden`);
    }
  },

  *console({ scripts }) {
    for (const [script, node] of all(scripts)) {
      if (node.type !== 'Identifier' || node.name !== 'console' || propertyOf(node) === 'debug') continue;
      if (propertyOf(node) !== 'trace' || !isInFailure(node)) yield at(script, node, 'console: only debug, and trace where a failure is handled');
    }
  },

  *markup({ scripts }) {
    for (const [script, node] of all(scripts)) {
      if (node.type === 'AssignmentExpression' && MARKUP.includes(chain(node.left).at(-1))) yield at(script, node, `${chain(node.left).at(-1)} makes markup of text`);
      if (node.type !== 'CallExpression') continue;
      const name = calledName(node);
      if (MARKUP_CALLS.includes(name)) yield at(script, node, `${name}() makes markup of text`);
      if (name === 'html' && node.arguments.length) yield at(script, node, 'html() makes markup of text');
      if (INSERTIONS.includes(name) && /^\s*</.test(written(node.arguments[0]))) yield at(script, node, `${name}() makes markup of text`);
      if (chain(node.callee)[0] === 'document' && /^write(ln)?$/.test(name)) yield at(script, node, `document.${name}() is forbidden`);
      if (isJquery(node) && /^\s*</.test(written(node.arguments[0]))) yield at(script, node, 'jQuery makes markup of text');
    }
  },

  /** render_template takes markup: all of it must be written in the source, but for what the page's own words say. */
  *'template-markup'({ scripts }) {
    for (const [script, node] of all(scripts)) {
      if (node.type !== 'Property' || !isInCallOf(node, 'render_template')) continue;
      const isWritten = node.value.type === 'Literal' || node.value.type === 'ObjectExpression';
      if (['body', 'render'].includes(propertyName(node)) && !isWritten) yield at(script, node, `${propertyName(node)} must be written out`);
    }
  },

  *'synchronous-request'({ scripts }) {
    for (const [script, node] of all(scripts)) {
      const isOpen = node.type === 'CallExpression' && calledName(node) === 'open' && isFalse(node.arguments[2]);
      const isAjax = node.type === 'Property' && propertyName(node) === 'async' && isFalse(node.value);
      if (isOpen || isAjax) yield at(script, node, 'a synchronous request');
    }
  },

  *'script-injection'({ scripts }) {
    for (const [script, node] of all(scripts)) {
      const isMade = node.type === 'CallExpression' && ['createElement', 'h'].includes(calledName(node)) && /^(script|iframe|object|embed)$/i.test(written(node.arguments[0]));
      if (isMade || node.type === 'ImportExpression') yield at(script, node, 'loads code by itself: the loader is for that');
      if (node.type === 'CallExpression' && calledName(node) === 'getScript') yield at(script, node, 'loads code by itself: the loader is for that');
    }
  },

  /** Rules that a script makes are not seen in style.css. */
  *'style-injection'({ scripts }) {
    for (const [script, node] of all(scripts)) {
      const isMade = node.type === 'CallExpression' && ['createElement', 'h'].includes(calledName(node)) && /^style$/i.test(written(node.arguments[0]));
      if (isMade || ['insertRule', 'adoptedStyleSheets', 'replaceSync'].includes(propertyOf(node))) yield at(script, node, 'rules of style belong into style.css');
    }
  },

  *'virtual-click'({ scripts }) {
    for (const [script, node] of calls(scripts)) {
      const name = calledName(node);
      const isClick = ['click', 'submit', 'requestSubmit'].includes(name) && !node.arguments.length;
      const isMade = ['Event', 'MouseEvent', 'PointerEvent', 'SubmitEvent'].includes(name) && /^(click|submit|mouse|pointer)/.test(written(node.arguments[0]));
      if (isClick || isMade || (name === 'trigger' && /^(click|submit)/.test(written(node.arguments[0])))) yield at(script, node, 'presses a button by itself');
    }
  },

  *'debug-code'({ scripts }) {
    for (const [script, node] of all(scripts)) if (node.type === 'DebuggerStatement') yield at(script, node, 'debugger');
    for (const { file, comments } of scripts) {
      for (const { value, loc } of comments) if (/\b(TODO|FIXME|XXX|HACK)\b/.test(value)) yield { file, line: loc.start.line, message: 'unfinished work' };
    }
  },

  *'commented-out-code'({ scripts }) {
    for (const { file, comments } of scripts) {
      for (const { loc } of codeComments(comments)) yield { file, line: loc.start.line, message: 'commented-out code' };
    }
  },
};

/** Those comments that read as code: a whole comment, or a line of it that ends as code does. */
export function codeComments(comments) {
  return comments.filter(({ value }) => {
    const lines = value.split('\n').map((line) => line.replace(/^\s*\*?\s?/, '').trim());
    return acts(lines.join('\n')) || lines.some((line) => /[;{]$/.test(line) && acts(line.replace(/\{$/, '{}')));
  });
}

function acts(text) {
  try {
    const tree = parse(text, { ecmaVersion: 2023, allowReturnOutsideFunction: true, allowAwaitOutsideFunction: true });
    return tree.body.some((statement) => ACTS.includes(statement.type) || ACTS.includes(statement.expression?.type));
  } catch {
    return false;
  }
}

function* all(scripts) {
  for (const script of scripts) for (const node of script.nodes) yield [script, node];
}

function* calls(scripts) {
  for (const [script, node] of all(scripts)) if (['CallExpression', 'NewExpression'].includes(node.type)) yield [script, node];
}

function written(node) {
  if (node?.type === 'Literal') return String(node.value);
  return node?.type === 'TemplateLiteral' ? node.quasis[0].value.cooked : node?.type === 'BinaryExpression' ? written(node.left) : '';
}

/** The member that is taken of it: `log` of `console` in console.log; null where it stands alone. */
function propertyOf(node) {
  const { parent } = node;
  return parent?.type === 'MemberExpression' && parent.object === node ? propertyName(parent) : null;
}

function isJquery({ callee }) {
  return ['$', 'jQuery'].includes(chain(callee).at(-1));
}

function isFalse(node) {
  return node?.type === 'Literal' && node.value === false;
}

/** In a catch block, or in a function given to .catch() or as the second to .then(). */
function isInFailure(node) {
  return [...ancestors(node)].some((each) => each.type === 'CatchClause' || (isFunction(each) && isFailureHandler(each)));
}

function isFailureHandler(handler) {
  const { parent } = handler;
  if (parent.type !== 'CallExpression') return false;
  const place = parent.arguments.indexOf(handler);
  return place === { catch: 0, fail: 0, then: 1 }[calledName(parent)];
}

function isInCallOf(node, name) {
  return [...ancestors(node)].some((each) => each.type === 'CallExpression' && calledName(each) === name);
}
