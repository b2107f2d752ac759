/** docs/amocrm-contract.md §4.4–4.8: how a script may meet amoCRM, its page and its server. */
import { at, calledName, chain, isGlobal, texts } from './script.mjs';
import { requestsInLoops } from './loops.mjs';

const LOADER = ['jquery', 'underscore', 'backbone', 'twigjs', 'moment', 'require', 'exports', 'lib/components/base/modal'];
const APP_MEMBERS = `constant getBaseEntity isCard getWidgetsArea lang_id data.current_card data.current_list data.current_view.$el
  sdk.setCallingStatus sdk.getCallingStatus sdk.showUserStatus addNotificationCallback notifications.add_call
  notifications.show_notification notifications.show_message notifications.show_message_error notifications.add_error`.split(/\s+/);
const WIDGET_MEMBERS = `callbacks params system get_settings set_settings set_lang i18n langs get_version get_install_status
  get_accounts_current get_current_card_contacts_data list_selected widgetsOverlay render render_template add_source
  setSdkCatalogId listenSocketChannel crm_post $authorizedAjax add_action`.split(/\s+/);
const BROWSER = `AbortController Array BroadcastChannel Boolean CSS CustomEvent Date Error Event EventSource Infinity Intl JSON Map Math
  NaN Number Object Path2D Promise RegExp ResizeObserver Set String Symbol TypeError Uint8Array HTMLElement URL URLSearchParams WeakMap cancelAnimationFrame
  clearInterval clearTimeout console crypto decodeURIComponent define devicePixelRatio document encodeURIComponent
  getComputedStyle getSelection globalThis isFinite isNaN localStorage location matchMedia navigator parseFloat parseInt performance queueMicrotask
  requestAnimationFrame sessionStorage setInterval setTimeout structuredClone undefined window APP`.split(/\s+/);
const NAMESPACES = ['www.w3.org'];

export const rules = {
  *'amd-module'({ scripts }) {
    for (const script of scripts) {
      const { body = [] } = script.nodes[0] ?? {};
      const call = body.length === 1 && body[0].expression;
      if (!call || call.type !== 'CallExpression' || calledName(call) !== 'define') yield { file: script.file, line: 1, message: 'must be one define() and nothing else' };
      else yield* strangers(script, call);
    }
  },

  *'undeclared-name'({ scripts }) {
    for (const script of scripts) {
      for (const { identifier } of script.scopes?.globalScope.through ?? []) {
        if (!BROWSER.includes(identifier.name)) yield at(script, identifier, `${identifier.name} is declared nowhere`);
      }
    }
  },

  *'unused-name'({ scripts }) {
    for (const script of scripts) {
      for (const variable of script.scopes?.scopes.flatMap((scope) => scope.variables) ?? []) {
        const [definition] = variable.defs;
        if (isOurs(definition) && !variable.references.some((each) => each.isRead())) yield at(script, definition.name, `${variable.name} is not used`);
      }
    }
  },

  *'platform-object'({ scripts }) {
    for (const script of scripts) {
      for (const node of script.nodes) {
        if (node.type === 'Identifier' && node.name === 'AMOCRM') yield at(script, node, 'AMOCRM is out of date: APP');
        if (node.name === 'APP' && isGlobal(script, node) && node.parent.object !== node) yield at(script, node, 'APP under another name cannot be followed');
        if (isTop(node) && chain(node)[0] === 'APP') yield* undocumented(script, node, chain(node).slice(1), APP_MEMBERS, 'APP');
        if (script.file === 'script.js' && isTop(node) && chain(node)[0] === 'self') yield* undocumented(script, node, chain(node).slice(1, 2), WIDGET_MEMBERS, 'the widget');
        if (isTop(node) && ['window', 'globalThis'].includes(chain(node)[0]) && chain(node)[1] === 'APP') yield at(script, node, 'say APP');
      }
    }
  },

  /** Nothing of ours may stand in the page's window, nor in what all scripts share. */
  *'page-changed'({ scripts }) {
    for (const script of scripts) {
      for (const node of script.nodes) {
        if (node.type !== 'AssignmentExpression') continue;
        const path = chain(node.left);
        const isGlobally = ['window', 'globalThis'].includes(path[0]) && path.length > 1;
        const isShared = path[1] === 'prototype' && BROWSER.includes(path[0]);
        if (isGlobally || isShared) yield at(script, node, `${path.join('.')} is everybody's`);
      }
    }
  },

  *'platform-changed'({ scripts }) {
    for (const script of scripts) {
      for (const node of script.nodes) {
        const target = node.type === 'AssignmentExpression' ? node.left : ['UpdateExpression', 'UnaryExpression'].includes(node.type) && node.operator !== '!' ? node.argument : null;
        if (target && ['APP', 'AMOCRM'].includes(chain(target)[0]) && node.operator !== 'typeof') yield at(script, node, 'APP is for reading');
        if (node.type === 'CallExpression' && chain(node.callee).join('.') === 'APP.constant' && node.arguments.length > 1) yield at(script, node, 'constants are not to be set');
      }
    }
  },

  *'requests-in-loops'({ scripts }) {
    for (const script of scripts) for (const node of requestsInLoops(script)) yield at(script, node, 'an authorised request in a loop, or at an interval');
  },

  *'external-host'(archive) {
    const link = archive.manifest.widget?.support?.link ?? '';
    const [own, isSecure] = [host(link), link.startsWith('https:')];
    for (const script of archive.scripts) {
      for (const { node, text } of texts(script)) {
        for (const found of hosts(text)) if (found !== own && !NAMESPACES.includes(found)) yield at(script, node, `${found} is not ours`);
        if (isSecure && /http:\/\/(?!www\.w3\.org)/i.test(text)) yield at(script, node, 'an address without TLS');
      }
    }
  },
};

/** Not the names a loop over keys or a rest pattern (`{ a, ...others }`) must have. */
function isOurs(definition) {
  if (definition?.type === 'FunctionName') return definition.node.type === 'FunctionDeclaration';
  const isRest = definition?.node.id?.type === 'ObjectPattern' && definition.node.id.properties.at(-1)?.type === 'RestElement';
  return definition?.type === 'Variable' && !isRest && !definition.parent.parent.type.startsWith('ForIn');
}

function* strangers(script, call) {
  const [list] = call.arguments;
  const names = list.type === 'ArrayExpression' ? list.elements : [];
  for (const name of names) if (!LOADER.includes(name.value)) yield at(script, name, `the loader has no ${name.value}`);
}

/** A member expression that is not a part of a longer one. */
function isTop(node) {
  return node.type === 'MemberExpression' && !(node.parent.type === 'MemberExpression' && node.parent.object === node);
}

function* undocumented(script, node, path, members, what) {
  const name = path.join('.');
  const isKnown = members.some((member) => name === member || name.startsWith(`${member}.`) || member.startsWith(`${name}.`));
  if (!isKnown && isOutside(script, node)) yield at(script, node, `${what} has no documented ${name}`);
}

/** `self` is ours when it is a copy of `this` or handed on as that; the browser's own `self` is a global. */
function isOutside(script, node) {
  let first = node;
  while (first.type === 'MemberExpression') first = first.object;
  return first.name === 'self' || isGlobal(script, first);
}

function hosts(text) {
  return [...text.matchAll(/(?:https?:|wss?:|^|["'(\s])\/\/([\w.-]+\.[a-z]{2,}(?::\d+)?)/gi)].map(([, name]) => name.toLowerCase());
}

function host(link) {
  return URL.canParse(link) ? new URL(link).host : '';
}
