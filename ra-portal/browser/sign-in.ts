/** Signs somebody in with a passkey of this host. */
import { fromBase64url, toBase64url } from './octets.ts';
import { element, isRefused, post, showSentence, wordsOfPage } from './page.ts';

interface SignInOptions {
  readonly challenge: string;
  readonly rpId: string;
}

const words = wordsOfPage<'refused'>();
element('sign-in').addEventListener('click', () => {
  showSentence('message', '');
  void signIn().then(refused => showSentence('message', refused));
});

/** What to tell when it failed, else nothing: the next page is on its way. */
async function signIn(): Promise<string> {
  const options = await post<SignInOptions>('/sign-in/options', {}, words.refused);
  if (isRefused(options)) return options.refused;
  const publicKey: PublicKeyCredentialRequestOptions = {
    challenge: fromBase64url(options.challenge),
    rpId: options.rpId,
    userVerification: 'required',
  };
  const credential = await navigator.credentials.get({ publicKey }).catch(() => null);
  if (!(credential instanceof PublicKeyCredential)) return words.refused;
  const response = credential.response as AuthenticatorAssertionResponse;
  const assertion = {
    credentialId: toBase64url(credential.rawId),
    clientDataJson: toBase64url(response.clientDataJSON),
    authenticatorData: toBase64url(response.authenticatorData),
    signature: toBase64url(response.signature),
  };
  const answer = await post<{ next: string }>('/sign-in', { assertion }, words.refused);
  if (isRefused(answer)) return answer.refused;
  location.assign(answer.next);
  return '';
}
