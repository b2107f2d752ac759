/** docs/amocrm-contract.md §4.6, §4.8: the stylesheet touches nothing but our own nodes. */
import { generate, parse, walk } from 'css-tree';
import { texts } from './script.mjs';

const ROOT = 'phone-station';
const CHARTS = /^(u-|uplot$)/; // the chart library's own nodes, named by it in pieces
const OURS = /^(ps-|phone-station$)/;

export const rules = {
  *'global-style'(archive) {
    for (const node of selectors(archive)) {
      const first = node.children.first;
      if (first.type !== 'ClassSelector' || first.name !== ROOT) yield where(node, `${generate(node)} does not begin with .${ROOT}`);
      const next = node.children.toArray().find(({ type }) => type === 'Combinator');
      if (['+', '~'].includes(next?.name)) yield where(node, `${generate(node)} reaches what stands beside .${ROOT}`);
    }
  },

  *'class-name'(archive) {
    for (const node of selectors(archive)) {
      for (const name of classes(node)) if (!OURS.test(name) && !CHARTS.test(name)) yield where(node, `.${name} may be amoCRM's: ours begin with ps-`);
    }
  },

  *'unused-style'(archive) {
    const said = archive.scripts.flatMap((script) => texts(script));
    for (const node of selectors(archive)) {
      for (const name of classes(node)) if (!isSaid(name, said) && !CHARTS.test(name)) yield where(node, `.${name} is in no script`);
    }
  },

  *'style-rules'(archive) {
    for (const node of atRules(archive)) {
      if (['import', 'font-face', 'charset'].includes(node.name)) yield where(node, `@${node.name} is not for a widget`);
      if (node.name === 'keyframes' && !generate(node.prelude).startsWith('ps-')) yield where(node, 'names of animations begin with ps-');
    }
  },

  *'style-hosts'({ text }) {
    for (const [index, line] of text('style.css').split('\n').entries()) {
      if (/url\(|\/\//.test(line)) yield { file: 'style.css', line: index + 1, message: 'loads something by an address' };
    }
  },
};

function tree({ text }) {
  return parse(text('style.css'), { positions: true });
}

/** Every selector of a rule; not the steps of animations. */
function selectors(archive) {
  const found = [];
  walk(tree(archive), {
    visit: 'Rule',
    enter({ prelude }) {
      if (this.atrule?.name !== 'keyframes') found.push(...prelude.children);
    },
  });
  return found;
}

function atRules(archive) {
  const found = [];
  walk(tree(archive), { visit: 'Atrule', enter: (node) => found.push(node) });
  return found;
}

function classes(selector) {
  const names = [];
  walk(selector, { visit: 'ClassSelector', enter: ({ name }) => names.push(name) });
  return names;
}

/** Written as a word of a text, or begun by a piece of a template that goes on with a computed end. */
function isSaid(name, said) {
  return said.some(({ text, isPiece }) => text.split(/[\s"'>.#<=]+/).includes(name) || (isPiece && /-$/.test(text) && name.startsWith(text.split(/\s+/).at(-1))));
}

function where(node, message) {
  return { file: 'style.css', line: node.loc.start.line, message };
}
