/** Loaded beside script.js once it runs: what is looked at in its own time, so that popups need not wait for it. */
export { createAlerts } from './health/alerts.js';
export { createMissed } from './card/missed-calls.js';
export { createOutcome } from './outcome/outcome-form.js';
export { createPanel } from './card/panel.js';
