import { h } from '../../ui/dom.js';
import { table } from '../form/form.js';
import { stacked, thinned } from './series.js';

/** Stacked bars with a legend, the numbers under the pointer, and the same numbers as a table. */

const HEIGHT = 200;
const LABEL_WIDTH = 58; // pixels that a name of the axis takes
const INK = '#5b6776';
const GRID = '#e6eaf0';

/**
 * `names` of the bars, `series` [{label, colour, values}] from the bottom up; `total` heads the sum.
 * Without uPlot (`uPlot` null) the table is open.
 */
export function barChart({ uPlot, say, title, names, series, nameHead }) {
  const reading = h('p', { class: 'ps-chart-told', 'aria-hidden': 'true' });
  const place = h('div', { class: 'ps-chart', role: 'img', 'aria-label': `${title}. ${summary(say, series)}` });
  const rows = names.map((name, index) => [name, ...series.map((each) => String(each.values[index]))]);
  const numbers = table(title, [nameHead, ...series.map((each) => each.label)], rows, 'ps-numbers');
  if (uPlot) draw({ uPlot, place, reading, names, series });
  return h(
    'figure',
    { class: 'ps-figure' },
    h('figcaption', {}, h('h3', {}, title), legend(series)),
    uPlot && [place, reading],
    h('details', { class: 'ps-fold', open: !uPlot }, h('summary', {}, say('overview.as_table')), numbers),
  );
}

function legend(series) {
  const one = ({ label, colour }) => {
    const mark = h('span', { class: 'ps-swatch' });
    mark.style.background = colour;
    return h('li', {}, mark, label);
  };
  return h('ul', { class: 'ps-legend' }, series.map(one));
}

function summary(say, series) {
  return series.map(({ label, values }) => `${label}: ${values.reduce((all, each) => all + each, 0)}`).join(', ');
}

/** Drawn when the place has a width, which it does not have on a closed tab; redrawn at every new width. */
function draw({ uPlot, place, reading, names, series }) {
  /** @type {any} */
  let chart = null;
  const make = (width) => new uPlot(options({ uPlot, width, reading, names, series }), data(names, series), place);
  const watch = new ResizeObserver(([{ contentRect }]) => {
    const width = Math.floor(contentRect.width);
    if (!width) return;
    if (chart) chart.setSize({ width, height: HEIGHT });
    else chart = make(width);
  });
  watch.observe(place);
}

/** The tallest is drawn first, so that each lower part covers its foot. */
function data(names, series) {
  return [names.map((_, index) => index), ...stacked(series.map((each) => each.values)).reverse()];
}

function options({ uPlot, width, reading, names, series }) {
  const paths = uPlot.paths.bars({ size: [0.7, 46], radius: 0 });
  const bars = [...series]
    .reverse()
    .map(({ label, colour }) => ({ label, fill: colour, stroke: colour, width: 0, paths, points: { show: false } }));
  const whole = (_, splits) => splits.map((each) => (Number.isInteger(each) ? String(each) : ''));
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: [-0.6, names.length - 0.4] },
      y: { range: (_, low, high) => [0, Math.max(4, high * 1.08)] },
    },
    series: [{}, ...bars],
    axes: [
      {
        stroke: INK,
        size: 30,
        grid: { show: false },
        ticks: { show: false },
        splits: (chart) => thinned(names.length, Math.floor(chart.width / LABEL_WIDTH)),
        values: (_, splits) => splits.map((index) => names[index] ?? ''),
      },
      { stroke: INK, size: 44, grid: { stroke: GRID, width: 1 }, ticks: { show: false }, values: whole },
    ],
    hooks: { setCursor: [({ cursor }) => (reading.textContent = spoken(cursor.idx, names, series))] },
  };
}

function spoken(index, names, series) {
  if (index === null || index === undefined) return '';
  return `${names[index]}: ${series.map(({ label, values }) => `${label.toLowerCase()} ${values[index]}`).join(', ')}`;
}
