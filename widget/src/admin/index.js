/** The administrator's half of the widget, loaded when its dialog or its page is opened. */

export { dialog } from './dialog.js';
export { page } from './page.js';

/** amoCRM's Install, Save and Disable: nothing of ours is in its form, our page saves by itself. */
export const save = () => true;
