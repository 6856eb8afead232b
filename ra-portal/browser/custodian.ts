/** Draws the secret of a keeper of passwords in this browser and registers its public half; the secret is never sent. */
import { drawPickUpSecret, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { element, input, isRefused, post, showSentence, wordsOfPage } from './page.ts';

const words = wordsOfPage<'unreachable'>();
let secret = '';

element('draw').addEventListener('click', () => {
  secret = drawPickUpSecret();
  element('secret').textContent = secret;
  element('before').hidden = true;
  element('drawn').hidden = false;
});
element('print').addEventListener('click', () => {
  window.print();
});
element('register').addEventListener('click', () => {
  element('kept-wrong').hidden = input('kept').checked;
  if (input('kept').checked) void register();
});

async function register(): Promise<void> {
  const publicKey = await pickUpPublicKey(secret);
  const answer = await post('/lra/bulk/custodian', { publicKey }, words.unreachable);
  showSentence('refused', isRefused(answer) ? answer.refused : '');
  if (isRefused(answer)) return;
  element('drawing').hidden = true;
  element('registered').hidden = false;
}
