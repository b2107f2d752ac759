/**
 * Requests with the user's rights must not run in loops (docs/amocrm-contract.md §4.8). A function asks when it calls
 * one that does; a call of such a function in a loop's body, in a callback of a list's method, or at an interval is
 * found, however deep the asking is.
 */
import { ancestors, calledName, chain, isFunction, propertyName, texts } from './script.mjs';

const REQUESTS = ['$authorizedAjax', 'crm_post'];
const LOOPS = ['ForStatement', 'ForInStatement', 'ForOfStatement', 'WhileStatement', 'DoWhileStatement'];
const REPEATERS = ['forEach', 'map', 'flatMap', 'filter', 'some', 'every', 'find', 'reduce', 'setInterval', 'each'];

export function* requestsInLoops(script) {
  const asking = askingFunctions(script);
  for (const node of calls(script)) {
    const isRequest = asks(script, node, asking);
    if (isRequest && isRepeated(node)) yield node;
    if (REPEATERS.includes(calledName(node)) && node.arguments.some((each) => handedOn(script, each, asking))) yield node;
  }
}

function calls({ nodes }) {
  return nodes.filter(({ type }) => type === 'CallExpression');
}

/** Functions that make a request, at once or by another one. */
function askingFunctions(script) {
  const asking = new Set();
  let before = -1;
  while (before !== asking.size) {
    before = asking.size;
    for (const node of calls(script)) if (asks(script, node, asking)) asking.add(owner(node));
    asking.delete(undefined);
  }
  return asking;
}

function asks(script, call, asking) {
  const name = calledName(call);
  if (REQUESTS.includes(name)) return true;
  if (['fetch', 'ajax'].includes(name) && isToCrm(script, call)) return true;
  return targets(script, call.callee).some((target) => asking.has(target));
}

function isToCrm(script, call) {
  return texts(script).some(({ node, text }) => /\/(api\/v\d|ajax)\//.test(text) && node.start >= call.start && node.end <= call.end);
}

/** The functions a name may stand for: a declared name has its own; a member's, any function that is written under that key. */
function targets(script, node) {
  if (node.type === 'Identifier') return declared(script, node);
  const name = chain(node).at(-1);
  return name ? script.nodes.filter((each) => isFunction(each) && keyOf(each) === name) : [];
}

function declared({ names }, identifier) {
  const [definition] = names.get(identifier)?.defs ?? [];
  if (definition?.type === 'FunctionName') return [definition.node];
  return definition?.node.init && isFunction(definition.node.init) ? [definition.node.init] : [];
}

function keyOf({ parent }) {
  return parent.type === 'Property' || parent.type === 'MethodDefinition' ? propertyName(parent) : null;
}

/** The nearest function whose work this is: through unnamed ones only where they run at once, not as somebody's listener. */
function owner(node) {
  return [...ancestors(node)].find((each) => isFunction(each) && !runsAtOnce(each));
}

function runsAtOnce(each) {
  const { parent } = each;
  if (parent.callee === each) return true;
  const isHandedOn = ['CallExpression', 'NewExpression'].includes(parent.type);
  return isHandedOn && [...REPEATERS, 'then', 'catch', 'finally', 'Promise'].includes(calledName(parent));
}

function isRepeated(node) {
  for (const each of ancestors(node)) {
    if (LOOPS.includes(each.type)) return true;
    if (isFunction(each)) return isRepeater(each);
  }
  return false;
}

function isRepeater({ parent }) {
  return parent.type === 'CallExpression' && REPEATERS.includes(calledName(parent));
}

function handedOn(script, node, asking) {
  return node.type === 'Identifier' && declared(script, node).some((each) => asking.has(each));
}
