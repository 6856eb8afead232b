/** Takes the code from the link's fragment, which no server has seen, into the form; a person sends it. */
import { input } from './page.ts';

const code = location.hash.slice(1);
if (/^[0-9A-Za-z-]{8,64}$/.test(code)) {
  input('code').value = code;
  history.replaceState(null, '', location.pathname + location.search);
}
