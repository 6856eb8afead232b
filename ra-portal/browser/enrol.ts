/** Registers an officer's sign-in passkey. The link's secret stays in this browser: only a MAC made with it leaves. */
import { concat, fromHex, toHex } from '../../ca-core/x509/der.ts';
import { fromBase64url, toBase64url } from './octets.ts';
import { element, input, isRefused, post, showSentence, wordsOfPage } from './page.ts';

interface Officer {
  readonly name: string;
  readonly mailbox: string;
}

const words = wordsOfPage<'refused' | 'noSecret'>();
const form = element('enrol') as HTMLFormElement;
const { invitation = '', rpId = '', desk = '' } = form.dataset;
const secret = location.hash.slice(1);
const registered: ArrayBuffer[] = [];

document.querySelectorAll<HTMLAnchorElement>('a.language').forEach(link => (link.href += location.hash));
element('next').setAttribute('href', `${desk}/enrol/${encodeURIComponent(invitation)}#${secret}`);
if (!/^[A-Za-z0-9_-]{22,}$/.test(secret)) showSentence('message', words.noSecret);
form.addEventListener('submit', event => {
  event.preventDefault();
  ask();
});
element('second').addEventListener('click', ask);

function ask(): void {
  const officer = { name: input('name').value.trim(), mailbox: input('mailbox').value.trim() };
  void register(officer).then(refused => showSentence('message', refused));
}

/** What to tell when it failed, else nothing. An authenticator that is registered already is not asked again. */
async function register(officer: Officer): Promise<string> {
  if (!/^[A-Za-z0-9_-]{22,}$/.test(secret)) return words.noSecret;
  const credential = await navigator.credentials.create({ publicKey: optionsFor(officer) }).catch(() => null);
  if (!(credential instanceof PublicKeyCredential)) return words.refused;
  const spki = (credential.response as AuthenticatorAttestationResponse).getPublicKey();
  if (spki === null) return words.refused;
  const mac = toHex(new Uint8Array(await macOver(credential.rawId, spki, officer)));
  const publicKey = toHex(new Uint8Array(spki));
  const body = { credentialId: toBase64url(credential.rawId), publicKey, ...officer, mac };
  const answer = await post<object>(`/officer/enrol/${encodeURIComponent(invitation)}`, body, words.refused);
  if (isRefused(answer)) return answer.refused;
  registered.push(credential.rawId);
  // The fingerprint is of the key that this browser holds, not of what the server says it received.
  const line = Object.assign(document.createElement('li'), { textContent: await fingerprintOf(spki) });
  element('fingerprints').append(line);
  form.hidden = true;
  element('enrolled').hidden = false;
  return '';
}

/** ES256, EdDSA, RS256; without attestation: what ties the key to the invitation is the MAC. */
function optionsFor({ name, mailbox }: Officer): PublicKeyCredentialCreationOptions {
  return {
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    rp: { id: rpId, name: 'Kakuin' },
    user: { id: crypto.getRandomValues(new Uint8Array(16)), name: mailbox, displayName: name },
    pubKeyCredParams: [-7, -8, -257].map(alg => ({ type: 'public-key', alg })),
    authenticatorSelection: { userVerification: 'required', residentKey: 'required' },
    excludeCredentials: registered.map(id => ({ type: 'public-key', id })),
    attestation: 'none',
  };
}

/** As enrolmentMac in ca-core/approvals/enrolment-mac.ts: the fields stand in the order of RFC 8785. */
async function macOver(rawId: ArrayBuffer, spki: ArrayBuffer, { name, mailbox }: Officer): Promise<ArrayBuffer> {
  const owner = JSON.stringify({ invitationId: invitation, mailbox, name, use: 'signIn' });
  const ownerHash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(owner));
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', octetsOf(secret), algorithm, false, ['sign']);
  const parts = concat(new Uint8Array(rawId), new Uint8Array(spki), new Uint8Array(ownerHash));
  return crypto.subtle.sign('HMAC', key, parts);
}

/** 32 octets in hex, as the console writes them, or base64url. */
function octetsOf(fragment: string): Uint8Array<ArrayBuffer> {
  return /^[0-9a-f]{64}$/.test(fragment) ? concat(fromHex(fragment)) : fromBase64url(fragment);
}

async function fingerprintOf(spki: ArrayBuffer): Promise<string> {
  const hash = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', spki)));
  return [0, 4, 8, 12].map(start => hash.slice(start, start + 4)).join('-');
}
