/** Opens the sealed key in this browser and wraps it as PKCS#12. The secret and the password never leave the page. */
import { encodePkcs12, newPassword } from '../../ca-core/delivery/pkcs12.ts';
import { openSealed, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { fromHex } from '../../ca-core/x509/der.ts';
import { fromBase64 } from './octets.ts';
import { element, input, isRefused, post, showSentence, wordsOfPage } from './page.ts';

interface PickedUp {
  readonly sealedKey: string;
  readonly caseId: string;
  readonly caseDigest: string;
  readonly certificate: string;
  readonly chain: readonly string[];
}

const words = wordsOfPage<'form' | 'check' | 'other' | 'unreachable'>();
const form = element('pick-up') as HTMLFormElement;
const { case: caseId = '', sealTo = '', name: friendlyName = '' } = form.dataset;

form.addEventListener('submit', event => {
  event.preventDefault();
  void pickUp(input('secret').value).then(sentence => {
    element('working').hidden = true;
    if (sentence === null) return;
    showSentence('secret-wrong', sentence);
    element('secret-field').classList.add('wrong');
    input('secret').focus();
  });
});

/** Null when all is done, else what to tell. The server is asked only once the secret is known to be the right one. */
async function pickUp(secret: string): Promise<string | null> {
  const mistake = await mistakeIn(secret);
  if (mistake !== null) return mistake;
  showSentence('secret-wrong', '');
  element('working').hidden = false;
  const answer = await post<PickedUp>(`/applications/${caseId}/pick-up`, {}, words.unreachable);
  if (isRefused(answer)) return answer.refused;
  await offer(answer, secret);
  return null;
}

async function mistakeIn(secret: string): Promise<string | null> {
  try {
    return (await pickUpPublicKey(secret)) === sealTo ? null : words.other;
  } catch (error) {
    return error instanceof PkiError && error.values['reason'] === 'check' ? words.check : words.form;
  }
}

async function offer({ sealedKey, caseDigest, certificate, chain }: PickedUp, secret: string): Promise<void> {
  const privateKey = await openSealed({ secret, sealed: fromHex(sealedKey), caseId, caseDigest });
  const password = newPassword();
  const pkcs12 = await encodePkcs12({
    privateKey,
    certificate: fromBase64(certificate),
    chain: chain.map(fromBase64),
    friendlyName,
    password,
  });
  const save = element('save') as HTMLAnchorElement;
  save.href = URL.createObjectURL(new Blob([pkcs12], { type: 'application/x-pkcs12' }));
  save.download = `${caseId}.p12`;
  element('password').textContent = password;
  form.hidden = true;
  element('picked-up').hidden = false;
}
