/** lib/admin.js, the administrator's half of the widget: loaded when its dialog or its page is opened. */
export { dialog } from './admin/page/dialog.js';
export { page } from './admin/page/page.js';
