/** A small archive without a fault, for tests that put one fault into it. */
import { deflateSync, crc32 } from 'node:zlib';
import { archiveOf } from '../../tools/lint/archive.mjs';
import { problems } from '../../tools/lint/index.mjs';

const LOGOS = { logo_main: [400, 272], logo_small: [108, 108], logo: [130, 100], logo_medium: [240, 84], logo_min: [84, 84], tour: [1188, 616] };

export const MANIFEST = {
  widget: {
    name: 'widget.name',
    description: 'widget.description',
    short_description: 'widget.short_description',
    version: '1.0.0',
    interface_version: 2,
    init_once: true,
    locale: ['ru', 'en'],
    installation: true,
    support: { link: 'https://station.example.com' },
  },
  locations: ['everywhere', 'lcard-1', 'settings'],
  settings: { consent: { name: 'widget.consent', type: 'custom', required: true } },
  tour: { is_tour: true, tour_images: { ru: ['/images/tour.png'], en: ['/images/tour.png'] }, tour_description: 'widget.tour' },
};

export const WORDS = {
  ru: { widget: { name: 'Станция', description: 'Звонки', short_description: 'Звонки', consent: 'Согласие', tour: 'Обзор', call_action: 'Вызов', hello: 'Звонит {name}' } },
  en: { widget: { name: 'Station', description: 'Calls', short_description: 'Calls', consent: 'Consent', tour: 'Tour', call_action: 'Call', hello: '{name} calls' } },
};

export const STYLE = '.phone-station .ps-box {\n  color: #222;\n}\n';

/** `more` is put at the end of the widget's constructor. */
export function script(more = '', { render = 'return true;', callbacks = '', names = "['jquery', 'require']" } = {}) {
  return `define(${names}, (function (jQuery, load) { 'use strict';
return function () {
  const self = this;
  this.callbacks = {
    render() { ${render} },
    init() { return true; },
    bind_actions: () => true,
    settings: (body) => body.append(self.i18n('widget.hello')),
    onSave: () => true,
    destroy() { jQuery(document).off('.station'); },
    ${callbacks}
  };
  if (APP.getWidgetsArea() === 'leads_card') self.render_template({ body: '<p class="phone-station ps-box"></p>', render: '' });
  load([self.get_settings().path + '/style.css', 'https://station.example.com/api']);
  ${more}
  return this;
};
}));
`;
}

/** An archive of these files beside or instead of the sound ones; null takes one away. */
export function archive(changes = {}, about = { name: 'widget.zip', size: 1000 }) {
  const sound = { 'manifest.json': json(MANIFEST), 'script.js': script(), 'style.css': STYLE };
  for (const [language, words] of Object.entries(WORDS)) sound[`i18n/${language}.json`] = json(words);
  for (const [name, [width, height]] of Object.entries(LOGOS)) sound[`images/${name}.png`] = png(width, height);
  const files = Object.entries({ ...sound, ...changes }).filter(([, content]) => content !== null);
  return archiveOf(new Map(files.map(([name, content]) => [name, Buffer.from(content)])), about);
}

/** Which rules find something in it. */
export function found(changes, about) {
  return [...new Set(problems(archive(changes, about)).map(({ rule }) => rule))];
}

export function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

export function png(width, height, { chunks = [], weight = 0 } = {}) {
  const size = Buffer.alloc(13);
  size.writeUInt32BE(width, 0);
  size.writeUInt32BE(height, 4);
  const parts = [['IHDR', size], ...chunks.map((name) => [name, Buffer.alloc(8)]), ['IDAT', Buffer.concat([deflateSync(''), Buffer.alloc(weight)])], ['IEND', Buffer.alloc(0)]];
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts.map(([name, data]) => chunk(name, data))]);
}

function chunk(name, data) {
  const body = Buffer.concat([Buffer.from(name, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
