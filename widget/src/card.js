/** lib/card.js, loaded beside script.js once it runs: what popups need not wait for. */
export { createMissed } from './card/missed-calls.js';
export { createPanel } from './card/panel.js';
export { createAlerts } from './health/alerts.js';
export { createOutcome } from './outcome/outcome-form.js';
