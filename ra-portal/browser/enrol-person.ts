/** Registers the first passkey of an account: the link came by mail, the code another way. */
import { createPasskey, type NewPasskey } from './new-passkey.ts';
import { element, input, isRefused, post, showSentence, wordsOfPage } from './page.ts';

const words = wordsOfPage<'refused'>();
const form = element('enrol') as HTMLFormElement;
const { link = '', rpId = '', name = '', mailbox = '' } = form.dataset;

/** After a mistyped code the same one is sent again: no second one is left on the authenticator. */
let made: NewPasskey | null = null;

form.addEventListener('submit', event => {
  event.preventDefault();
  void register(input('accessCode').value).then(refused => showSentence('message', refused));
});

/** What to tell when it failed, else nothing: the next page is on its way. */
async function register(code: string): Promise<string> {
  made ??= await createPasskey({ rpId, name, mailbox });
  if (made === null) return words.refused;
  const path = `/people/enrol/${encodeURIComponent(link)}`;
  const answer = await post<{ next: string }>(path, { code, ...made }, words.refused);
  if (isRefused(answer)) return answer.refused;
  location.assign(answer.next);
  return '';
}
