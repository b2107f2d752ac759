/** The administrator's half of the widget, loaded when its dialog or its page is opened. */

export { dialog } from './dialog.js';
export { page } from './page.js';
