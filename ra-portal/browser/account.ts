/** Adds a passkey to the account that is signed in. */
import { createPasskey } from './new-passkey.ts';
import { element, isRefused, post, showSentence, wordsOfPage } from './page.ts';

const words = wordsOfPage<'refused'>();
const button = element('add-passkey');
button.addEventListener('click', () => void add().then(refused => showSentence('message', refused)));

async function add(): Promise<string> {
  const { rpId = '', name = '', mailbox = '' } = button.dataset;
  const passkey = await createPasskey({ rpId, name, mailbox });
  if (passkey === null) return words.refused;
  const answer = await post<{ next: string }>('/account/passkeys', passkey, words.refused);
  if (isRefused(answer)) return answer.refused;
  location.assign(answer.next);
  return '';
}
