/** Registers the first passkey of an account: the link came by mail, the code another way. */
import { createPasskey } from './new-passkey.ts';
import { element, input, isRefused, post, showSentence, wordsOfPage } from './page.ts';

const words = wordsOfPage<'refused'>();
const form = element('enrol') as HTMLFormElement;
const { link = '', rpId = '', name = '', mailbox = '' } = form.dataset;

form.addEventListener('submit', event => {
  event.preventDefault();
  void register(input('accessCode').value).then(refused => showSentence('message', refused));
});

/** What to tell when it failed, else nothing: the next page is on its way. */
async function register(code: string): Promise<string> {
  const passkey = await createPasskey({ rpId, name, mailbox });
  if (passkey === null) return words.refused;
  const path = `/people/enrol/${encodeURIComponent(link)}`;
  const answer = await post<{ next: string }>(path, { code, ...passkey }, words.refused);
  if (isRefused(answer)) return answer.refused;
  location.assign(answer.next);
  return '';
}
