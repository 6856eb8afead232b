/** The page of one document: what is signed is computed here, from the very bytes that the page holds. */
import { sha256, toHex, utf8 } from './octets.ts';
import { element, post, readTask, say } from './page.ts';
import { askPasskey, challengeFor } from './passkey.ts';

interface Task {
  readonly rpId: string;
  readonly expiry: number;
  readonly credentials: readonly string[];
  readonly words: Readonly<
    Record<'asking' | 'cancelled' | 'unreachable' | 'recorded' | 'allSigned' | 'oneMore', string>
  >;
}

interface Progress {
  readonly signatures: number;
  readonly needed: number;
  readonly complete: boolean;
}

const actions: Readonly<Record<string, string>> = {
  case: 'approve',
  revocation: 'revoke',
  release: 'release',
  roll: 'roll',
};

const text = element('document').textContent;
const digest = toHex(await sha256(utf8(text)));

if (location.pathname === `/documents/${digest}`) {
  say('digest-state', element('digest-state').dataset['same'] ?? '', 'good');
  offerToSign();
} else {
  say('digest-state', element('digest-state').dataset['differs'] ?? '', 'bad');
}

function offerToSign(): void {
  const button = document.getElementById('sign');
  if (!(button instanceof HTMLButtonElement)) return;
  button.disabled = false;
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
  const { signatures, needed, complete } = answer.result;
  const rest = complete ? words.allSigned : words.oneMore;
  say('message', `${words.recorded} ${signatures}/${needed} ${rest}`, 'good');
  element('afterwards').hidden = false;
  return true;
}

function stay(sentence: string): false {
  say('message', sentence, 'bad');
  return false;
}
