/** A script as a tree whose nodes know their parents, with what its names refer to. */
import { parse } from 'acorn';
import { analyze } from 'eslint-scope';

const OPTIONS = { ecmaVersion: 2023, sourceType: 'script', locations: true, ranges: true };

/** `error` is a SyntaxError when it is not JavaScript; the lists are empty then. */
export function readScript(file, source) {
  const comments = [];
  try {
    const tree = parse(source, { ...OPTIONS, onComment: comments });
    const scopes = analyze(tree, { ecmaVersion: 2023, sourceType: 'script' });
    return { file, source, comments, scopes, names: namesOf(scopes), nodes: linked(tree) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { file, source, comments: [], scopes: null, names: new Map(), nodes: [], error };
  }
}

/** Each name where it is used → what it refers to; null for one of the browser's or the loader's. */
function namesOf(scopes) {
  return new Map(scopes.scopes.flatMap(({ references }) => references.map(({ identifier, resolved }) => [identifier, resolved])));
}

function linked(tree) {
  const nodes = [];
  const visit = (node, parent) => {
    node.parent = parent;
    nodes.push(node);
    for (const child of children(node)) visit(child, node);
  };
  visit(tree, null);
  return nodes;
}

function children(node) {
  return Object.entries(node)
    .filter(([key]) => key !== 'parent')
    .flatMap(([, value]) => value)
    .filter((value) => typeof value?.type === 'string');
}

export function* ancestors(node) {
  for (let each = node.parent; each; each = each.parent) yield each;
}

export function isFunction({ type }) {
  return ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'].includes(type);
}

/** `a.b.c` of a member expression as ['a', 'b', 'c']; null for a computed or called part, `this` as itself. */
export function chain(node) {
  if (node.type === 'Identifier') return [node.name];
  if (node.type === 'ThisExpression') return ['this'];
  if (node.type === 'ChainExpression') return chain(node.expression);
  if (node.type !== 'MemberExpression') return [null];
  return [...chain(node.object), propertyName(node)];
}

/** The name of a member's or a property's key when it is written in the source. */
export function propertyName({ computed, property, key }) {
  const name = property ?? key;
  if (!computed && name.type === 'Identifier') return name.name;
  return name.type === 'Literal' ? String(name.value) : null;
}

/** The last name of what is called: `confirm` of confirm(), window.confirm(). */
export function calledName({ callee }) {
  return chain(callee).at(-1);
}

/** Whether the name stands for one of the browser's or the loader's, not for something declared in the script. */
export function isGlobal({ names }, identifier) {
  return names.get(identifier) === null;
}

/** Every written text: of literals whole, of templates in pieces. */
export function texts(script) {
  return script.nodes.flatMap((node) => {
    if (node.type === 'Literal' && typeof node.value === 'string') return [{ node, text: node.value }];
    if (node.type === 'TemplateElement') return [{ node, text: node.value.cooked ?? '', isPiece: true }];
    return [];
  });
}

export function at(script, node, message) {
  return { file: script.file, line: node.loc.start.line, message };
}
