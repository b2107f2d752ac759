/** What the server wrote into the page: who looks (for as long as he stays) and what lies open (until the next page). */

import { frozen } from './strict.js';

const written = (id) => frozen(JSON.parse(document.getElementById(id).textContent));

export const session = written('session');
export const page = () => written('page');
export const main = () => document.querySelector('main');
