/** The name of a click's popup, while its call has none. @param {string} request the uuid of the click */
export function clickName(request) {
  return `click ${request}`;
}

/** Whether a popup's name is a click's. @param {string} call */
export function isClick(call) {
  return call.startsWith('click ');
}
