/** Loaded beside script.js once it runs: what is looked at in its own time, so that popups need not wait for it. */
export { createAlerts } from './alerts.js';
export { createMissed } from './missed.js';
export { createOutcome } from './outcome.js';
export { createPanel } from './panel.js';
