import jQuery from 'jquery';
import load from 'require';
import backend from 'station:backend';
import languages from 'station:languages';
import { createAmo } from './amocrm.js';
import { createPhone } from './dialing/click.js';
import { createPopups } from './popups/popups.js';
import { createStream } from './stream/stream.js';

/** @import { Amo } from './amocrm.js' */
/** @typedef {ReturnType<typeof import('./card/panel.js').createPanel>} Panel */

/** script.js, the widget as amoCRM makes it: its callbacks, and the parts wired together. @this {AmoWidget} */
export default function PhoneStation() {
  const self = this;
  /** @type {Amo | undefined} */
  let amo;
  /** @type {Promise<Panel | null> | undefined} */
  let panel;

  const known = () => (amo ??= createAmo(self, { jQuery, load, backend, languages }));
  const admin = () => known().load('admin').catch(() => known().failToLoad());

  this.callbacks = {
    render() {
      known().loadStyles();
      panel?.then((it) => it?.show());
      return true;
    },
    init() {
      if (known().isInstalled()) panel ??= start(known());
      return true;
    },
    bind_actions: () => true,
    settings($body) {
      admin().then((it) => it?.dialog($body, known()));
      return true;
    },
    advancedSettings() {
      admin().then((it) => it?.page(known().settingsPlace(), known()));
      return true;
    },
    onSave: () => true,
    destroy() {
      amo?.turnOff();
      amo = panel = undefined;
      return true;
    },
  };
  return this;
}

/** Everything that works while the pages change; each part ends itself at amo.onTurnedOff. @param {Amo} amo @returns {Promise<Panel | null>} */
function start(amo) {
  const stream = createStream(amo);
  const popups = createPopups(amo, stream);
  const phone = createPhone(amo, stream, popups);
  let isOn = true;
  amo.onTurnedOff(() => (isOn = false));
  return amo.load('card').then(({ createAlerts, createMissed, createOutcome, createPanel }) => {
    if (!isOn) return null;
    createAlerts(amo, stream);
    popups.useOutcome(createOutcome);
    const panel = createPanel(amo, stream, phone, createMissed(amo, stream, phone));
    panel.show();
    return panel;
  }, () => (amo.failToLoad(), null));
}
