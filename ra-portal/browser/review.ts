/** Draws the pick-up secret, shows it once, and sends only the public key that belongs to it. */
import { drawPickUpSecret, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { element, input } from './page.ts';

const secret = drawPickUpSecret();
const form = element('review') as HTMLFormElement;

element('secret').textContent = secret;
element('print').addEventListener('click', () => print());
form.addEventListener('submit', onSubmit);
void pickUpPublicKey(secret).then(publicKey => (input('sealTo').value = publicKey));

function onSubmit(event: SubmitEvent): void {
  const isKept = input('kept').checked;
  element('kept-wrong').hidden = isKept;
  if (isKept && input('sealTo').value !== '') return;
  event.preventDefault();
  input('kept').focus();
}
