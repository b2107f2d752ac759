import { fill, h } from '../../ui/dom.js';
import { button } from './form.js';

/** Some of `options` in an order: a checkbox for each, and a button that moves it up. @param {import('./form.js').Form} form @param {string} path @param {import('./inputs.js').Option[]} options @param {import('../../amocrm.js').Words} say @returns {import('./form.js').Control} */
export function orderedChoice(form, path, options, say) {
  const node = h('ol', { class: 'ps-ordered', role: 'group' });
  const chosen = () => form.get(path) || [];
  const rest = () => options.map((each) => each.value).filter((value) => !chosen().includes(value));
  const set = (values, focus) => {
    form.set(path, values);
    draw();
    /** @type {HTMLElement | null} */ (node.querySelector(`[data-value="${focus}"] input`))?.focus();
  };
  const flip = (value, isOn) => set(isOn ? [...chosen(), value] : chosen().filter((each) => each !== value), value);
  const raise = (value, index) => {
    const others = chosen().filter((each) => each !== value);
    set([...others.slice(0, index - 1), value, ...others.slice(index - 1)], value);
  };
  const row = (value, index) => {
    const { label } = options.find((each) => each.value === value) || { label: value };
    const isOn = index !== null;
    const box = h('input', { type: 'checkbox', checked: isOn, onchange: () => flip(value, box.checked) });
    const up = isOn && index > 0 && button('↑', () => raise(value, index), 'ps-bare');
    if (up) up.setAttribute('aria-label', say('callbacks.raise', { name: label }));
    return h('li', { data: { value } }, h('label', { class: 'ps-check' }, box, label), up);
  };
  const draw = () => fill(node, chosen().map(row), rest().map((value) => row(value, null)));
  draw();
  return { node, focus: node, isGroup: true, wrong: () => node.querySelector('input') };
}
