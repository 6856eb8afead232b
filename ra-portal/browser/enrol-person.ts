/** Registers the first passkey of an account: the link came by mail, the code another way. */
import { toHex } from '../../ca-core/x509/der.ts';
import { toBase64url } from './octets.ts';
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
  const publicKey: PublicKeyCredentialCreationOptions = {
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    rp: { id: rpId, name: 'Kakuin' },
    user: { id: crypto.getRandomValues(new Uint8Array(16)), name: mailbox, displayName: name },
    pubKeyCredParams: [-7, -8, -257].map(alg => ({ type: 'public-key', alg })),
    authenticatorSelection: { userVerification: 'required', residentKey: 'required' },
    attestation: 'none',
  };
  const credential = await navigator.credentials.create({ publicKey }).catch(() => null);
  if (!(credential instanceof PublicKeyCredential)) return words.refused;
  const spki = (credential.response as AuthenticatorAttestationResponse).getPublicKey();
  if (spki === null) return words.refused;
  const body = { code, credentialId: toBase64url(credential.rawId), publicKey: toHex(new Uint8Array(spki)) };
  const answer = await post<{ next: string }>(`/people/enrol/${encodeURIComponent(link)}`, body, words.refused);
  if (isRefused(answer)) return answer.refused;
  location.assign(answer.next);
  return '';
}
