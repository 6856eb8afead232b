/** Takes the pass from the link's fragment, which no server has seen, into the form; the access code is typed. */
import { input } from './page.ts';

const pass = location.hash.slice(1);
if (/^[0-9A-Za-z-]{8,64}$/.test(pass)) {
  input('pass').value = pass;
  history.replaceState(null, '', location.pathname + location.search);
}
