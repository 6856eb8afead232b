/** Registers an officer's approval passkeys. The link's secret stays in this browser: only MACs made with it leave. */
import { fromBase64url, fromHex, joined, sha256, toBase64url, toHex, utf8 } from './octets.ts';
import { element, post, readTask, say } from './page.ts';

interface RegisteredPasskey {
  readonly credentialId: string;
  readonly fingerprint: string;
}

interface Task {
  readonly invitationId: string;
  readonly rpId: string;
  readonly portalUrl: string;
  readonly registered: readonly RegisteredPasskey[];
  readonly words: Readonly<Record<'asking' | 'cancelled' | 'unreachable' | 'noSecret' | 'noKey', string>>;
}

interface Officer {
  readonly name: string;
  readonly mailbox: string;
}

const { invitationId, rpId, portalUrl, registered, words } = readTask() as Task;
const secret = location.hash.slice(1);
const passkeys = [...registered];

element('next').setAttribute('href', `${portalUrl}/officer/enrol/${encodeURIComponent(invitationId)}#${secret}`);
document.querySelectorAll<HTMLAnchorElement>('a.language').forEach(link => (link.href += location.hash));
showPasskeys();

if (/^[0-9a-f]{64}$/.test(secret)) element('officer').addEventListener('submit', onSubmit);
else refuseAll(words.noSecret);

function onSubmit(event: SubmitEvent): void {
  event.preventDefault();
  const officer = { name: entered('name').value.trim(), mailbox: entered('mailbox').value.trim() };
  setBusy(true);
  void register(officer).then(done => {
    setBusy(false);
    if (done) showPasskeys();
  });
}

async function register(officer: Officer): Promise<boolean> {
  say('message', words.asking);
  const created = await createPasskey(officer);
  if (created === undefined) return stay(words.cancelled);
  const { rawId, spki } = created;
  if (spki === null) return stay(words.noKey);
  const mac = toHex(await macOver(rawId, spki, officer));
  const body = { credentialId: toBase64url(rawId), publicKey: toHex(spki), ...officer, mac };
  const answer = await post<RegisteredPasskey>(`/enrol/${encodeURIComponent(invitationId)}`, body, words.unreachable);
  if ('problem' in answer) return stay(answer.problem);
  // The fingerprint shown is of the key that this browser holds, not of what the server says it received.
  passkeys.push({ credentialId: body.credentialId, fingerprint: await fingerprintOf(spki) });
  element('message').hidden = true;
  for (const field of ['name', 'mailbox']) entered(field).readOnly = true;
  return true;
}

interface CreatedPasskey {
  readonly rawId: ArrayBuffer;
  readonly spki: ArrayBuffer | null;
}

/** ES256, EdDSA, RS256; without attestation: what ties the key to the invitation is the MAC. */
async function createPasskey({ name, mailbox }: Officer): Promise<CreatedPasskey | undefined> {
  const publicKey: PublicKeyCredentialCreationOptions = {
    challenge: crypto.getRandomValues(new Uint8Array(32)),
    rp: { id: rpId, name: document.title },
    user: { id: crypto.getRandomValues(new Uint8Array(16)), name: mailbox, displayName: name },
    pubKeyCredParams: [-7, -8, -257].map(alg => ({ type: 'public-key', alg })),
    excludeCredentials: passkeys.map(({ credentialId }) => ({ type: 'public-key', id: fromBase64url(credentialId) })),
    authenticatorSelection: { userVerification: 'required', residentKey: 'discouraged' },
    attestation: 'none',
  };
  const credential = await navigator.credentials.create({ publicKey }).catch(() => null);
  if (!(credential instanceof PublicKeyCredential)) return undefined;
  const response = credential.response as AuthenticatorAttestationResponse;
  return { rawId: credential.rawId, spki: response.getPublicKey() };
}

/** As enrolmentMac in ca-core/approvals/enrolment-mac.ts: the fields stand in the order of RFC 8785. */
async function macOver(rawId: ArrayBuffer, spki: ArrayBuffer, { name, mailbox }: Officer): Promise<ArrayBuffer> {
  const owner = await sha256(utf8(JSON.stringify({ invitationId, mailbox, name, use: 'approve' })));
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', fromHex(secret), algorithm, false, ['sign']);
  return crypto.subtle.sign('HMAC', key, joined(new Uint8Array(rawId), new Uint8Array(spki), owner));
}

async function fingerprintOf(spki: ArrayBuffer): Promise<string> {
  const hash = toHex(await sha256(new Uint8Array(spki)));
  return [0, 4, 8, 12].map(start => hash.slice(start, start + 4)).join('-');
}

function showPasskeys(): void {
  const items = passkeys.map(({ fingerprint }) =>
    Object.assign(document.createElement('li'), { textContent: fingerprint }),
  );
  element('fingerprints').replaceChildren(...items);
  element('registered').hidden = passkeys.length === 0;
  element('first').hidden = passkeys.length > 0;
  element('second').hidden = passkeys.length > 1;
  element('one-only').hidden = passkeys.length > 1;
}

function entered(id: string): HTMLInputElement {
  return element(id) as HTMLInputElement;
}

function setBusy(busy: boolean): void {
  for (const button of document.querySelectorAll('button')) button.disabled = busy;
}

function refuseAll(sentence: string): void {
  stay(sentence);
  setBusy(true);
}

function stay(sentence: string): false {
  say('message', sentence, 'bad');
  return false;
}
