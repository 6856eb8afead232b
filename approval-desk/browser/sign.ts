/** The page of one document: what is signed is computed here, from the very bytes that the page holds. */
import { fromHex, joined, sha256, toHex, utf8, type Octets } from './octets.ts';
import { element, post, readTask, say } from './page.ts';
import { askPasskey, challengeFor } from './passkey.ts';

interface Task {
  readonly rpId: string;
  readonly expiry: number;
  readonly credentials: readonly string[];
  readonly words: Readonly<
    Record<'asking' | 'cancelled' | 'unreachable' | 'recorded' | 'allSigned' | 'oneMore' | 'droppedOut', string>
  >;
}

interface Progress {
  readonly signatures: number;
  readonly needed: number;
  readonly complete: boolean;
  readonly dropped: readonly string[];
}

const actions: Readonly<Record<string, string>> = {
  case: 'approve',
  list: 'approve-list',
  attestation: 'attest',
  revocation: 'revoke',
  release: 'release',
  massRevocation: 'revoke-many',
  keyBlock: 'block-key',
  keyUnblock: 'unblock-key',
  roll: 'roll',
};

countSeen();

const text = element('document').textContent;
const digest = toHex(await sha256(utf8(text)));

if (location.pathname === `/documents/${digest}` && (await isListWhole())) {
  say('digest-state', element('digest-state').dataset['same'] ?? '', 'good');
  offerToSign();
} else {
  say('digest-state', element('digest-state').dataset['differs'] ?? '', 'bad');
}

interface SignedText {
  readonly kind: string;
  readonly root?: string;
  readonly size?: number;
  readonly attestation?: string;
  readonly sample?: readonly number[];
  readonly serialNumbers?: string;
}

/** Of a document about many cases: whether those on this page, hashed anew, lead to the root that would be signed. */
async function isListWhole(): Promise<boolean> {
  const signed = JSON.parse(text) as SignedText;
  if (signed.kind === 'attestation' || signed.attestation !== undefined) return isLongListWhole(signed);
  if (signed.kind === 'massRevocation') return areSerialsMeant(signed);
  if (signed.kind !== 'list') return true;
  const texts = JSON.parse(element('listed').textContent) as readonly string[];
  return leadsTo(await Promise.all(texts.map(async one => sha256(utf8(one)))), signed.root);
}

/** Of a mass revocation: whether the list that can be saved here is the one that would be signed. */
async function areSerialsMeant({ serialNumbers, size }: SignedText): Promise<boolean> {
  const answer = await fetch(`${location.pathname}/serials`);
  const list = await answer.text();
  return answer.ok && toHex(await sha256(utf8(list))) === serialNumbers && list.split('\n').length - 1 === size;
}

interface Rows {
  readonly digests: readonly string[];
  /** The rows that are shown whole, with the very texts that they are shown from. */
  readonly sample: readonly { readonly position: number; readonly text: string }[];
}

/** Every row by its digest; the rows drawn, all of them, by their own texts. */
async function isLongListWhole({ root, size, sample = [] }: SignedText): Promise<boolean> {
  const rows = JSON.parse(element('rows').textContent) as Rows;
  const shown = await Promise.all(
    rows.sample.map(async ({ position, text: own }) => toHex(await sha256(utf8(own))) === rows.digests[position]),
  );
  const areDrawn = rows.sample.map(({ position }) => position).join() === sample.join();
  return areDrawn && !shown.includes(false) && rows.digests.length === size && leadsTo(rows.digests.map(fromHex), root);
}

async function leadsTo(digests: readonly Octets[], root: string | undefined): Promise<boolean> {
  const leaves = await Promise.all(digests.map(one => sha256(joined(Uint8Array.of(0), one))));
  return leaves.length > 0 && toHex(await rootOf(leaves)) === root;
}

/** RFC 6962 §2.1, as ca-core/approvals/list.ts. */
async function rootOf(leaves: readonly Octets[]): Promise<Octets> {
  const [only] = leaves;
  if (only === undefined || leaves.length === 1) return only ?? new Uint8Array(0);
  let middle = 1;
  while (middle * 2 < leaves.length) middle *= 2;
  const halves = [await rootOf(leaves.slice(0, middle)), await rootOf(leaves.slice(middle))] as const;
  return sha256(joined(Uint8Array.of(1), ...halves));
}

function offerToSign(): void {
  const button = document.getElementById('sign');
  if (!(button instanceof HTMLButtonElement)) return;
  button.disabled = false;
  // The page was read on the way down to here; one key stroke signs, and the passkey asks again.
  button.focus({ preventScroll: true });
  button.addEventListener('click', () => {
    button.disabled = true;
    void sign().then(signed => {
      button.disabled = signed;
      button.hidden = signed;
    });
  });
}

async function sign(): Promise<boolean> {
  const { rpId, expiry, credentials, words } = readTask() as Task;
  const { kind, ca } = JSON.parse(text) as { readonly kind: string; readonly ca: string };
  say('message', words.asking);
  const challenge = await challengeFor(actions[kind] ?? '', [ca, digest], expiry);
  const assertion = await askPasskey({ challenge, rpId, credentials });
  if (assertion === undefined) return stay(words.cancelled);
  const answer = await post<Progress>(`/documents/${digest}/approvals`, { expiry, assertion }, words.unreachable);
  if ('problem' in answer) return stay(answer.problem);
  const { signatures, needed, complete, dropped } = answer.result;
  const out = dropped.length === 0 ? '' : ` ${words.droppedOut} ${dropped.join(', ')}`;
  const rest = complete ? words.allSigned : words.oneMore;
  say('message', `${words.recorded} ${signatures}/${needed} ${rest}${out}`, 'good');
  element('afterwards').hidden = false;
  return true;
}

/** How many of the drawn rows were opened so far. */
function countSeen(): void {
  const drawn = [...document.querySelectorAll('#sample details')];
  const seen = new Set<Element>();
  for (const one of drawn) {
    one.addEventListener('toggle', () => {
      seen.add(one);
      const told = document.getElementById('seen');
      if (told !== null) told.textContent = `${seen.size}/${drawn.length}`;
    });
  }
}

function stay(sentence: string): false {
  say('message', sentence, 'bad');
  return false;
}
