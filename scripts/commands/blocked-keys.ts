/** `kakuin keys block | unblock | list`: keys that stand in no certificate any more. */
import type { Command } from 'commander';
import { systemClock } from '../../ca-core/clock.ts';
import {
  chooseCertificates,
  mostKeysAtOnce,
  namedKeys,
  openStore,
  proofName,
  provenKey,
  readPolicies,
  type SignableDocument,
  type Store,
} from '../../ca-core/index.ts';
import { withDatabase } from '../prepare.ts';
import { settingOf, type Settings } from '../settings.ts';
import { answers, columns, progress, timeText, wrongUsage, type Answer, type Typed } from './command.ts';
import { octetsIn } from './named-file.ts';

const forms = 'public keys, requests or certificates (PEM, or one in DER), or SHA-256 of each SPKI in hex, one a line';

export function addBlockedKeysCommands(keys: Command): void {
  const block = keys
    .command('block')
    .description(
      'write the document that blocks keys, for one officer to sign: no certificate is issued for them any more',
    )
    .argument('[file]', forms)
    .option('--proof <file>', `instead: a PKCS#10 signed with the key whose only name is CN=${proofName}`)
    .option('--because <words>', 'why, for who signs and for the record');
  answers(block, (settings, typed) => writeDown(settings, typed, 'keyBlock'));
  const unblock = keys
    .command('unblock')
    .description('write the document that lets blocked keys in again, for two officers to sign')
    .argument('<file>', forms)
    .option('--because <words>', 'why, for who signs and for the record');
  answers(unblock, (settings, typed) => writeDown(settings, typed, 'keyUnblock'));
  answers(keys.command('list').description('the keys that are blocked now'), listAll);
}

function writeDown(settings: Settings, typed: Typed, kind: 'keyBlock' | 'keyUnblock'): Promise<Answer> {
  const { because } = typed.options;
  if (because === undefined || because.trim() === '') throw wrongUsage('Say why with --because.');
  const named = keysNamed(typed);
  if (named.keys.length > mostKeysAtOnce)
    throw wrongUsage(`One document names ${mostKeysAtOnce} keys at most; longer lists belong into policies/weak-keys.`);
  return withDatabase(settings, async database => {
    const store = openStore(database);
    const at = systemClock.now();
    const ca = (await store.issuers.active())?.id ?? '';
    const about = { version: 1, ca, because: because.trim().slice(0, 255), requestedAt: at } as const;
    const document: SignableDocument =
      kind === 'keyBlock' ? { kind, ...about, ...named } : { kind, ...about, keys: named.keys };
    const digest = await store.documents.put(document, at);
    const details = { digest, keys: String(named.keys.length) };
    const event = {
      at,
      service: 'console',
      action: `${kind}Document.made`,
      actor: 'operator',
      subject: digest,
      details,
    };
    await store.audit.note(event);
    const held = kind === 'keyBlock' ? await holding(settings, store, named.keys) : 0;
    const link = `${settingOf(settings, 'KAKUIN_APPROVAL_URL')}/documents/${digest}`;
    const signing = kind === 'keyBlock' ? 'An officer signs' : 'Two officers sign';
    const warning = `${held} certificates that count have such a key: npm run kakuin -- revoke --key FILE --reason keyCompromise`;
    return {
      value: { keys: named.keys, digest, link, certificates: held },
      lines: [`${signing} ${link}`, 'Until then nothing changes.', ...(held === 0 ? [] : [warning])],
    };
  });
}

function keysNamed({ options, words }: Typed): { readonly keys: string[]; readonly proof?: string } {
  const [file] = words;
  const { proof } = options;
  if ((file === undefined) === (proof === undefined)) throw wrongUsage('Name a file with keys, or --proof.');
  if (proof === undefined) return { keys: [...namedKeys(octetsIn(file ?? ''))] };
  const octets = octetsIn(proof);
  const key = provenKey(octets);
  return { keys: [key], proof: Buffer.from(derOf(octets)).toString('hex') };
}

/** PEM or DER. */
function derOf(octets: Uint8Array): Uint8Array {
  if (octets[0] === 0x30) return octets;
  const body = Buffer.from(octets)
    .toString('latin1')
    .replaceAll(/-----[^-]+-----|\s/g, '');
  return Buffer.from(body, 'base64');
}

/** How many certificates would have to be revoked. */
async function holding(settings: Settings, store: Store, keys: readonly string[]): Promise<number> {
  const policies = readPolicies(settingOf(settings, 'KAKUIN_POLICIES'));
  const told = (read: number): void => progress(`${read} certificates read …`);
  const ground = { store, policies, now: systemClock.now(), told };
  let found = 0;
  for (const key of keys.slice(0, mostLookedFor))
    found += (await chooseCertificates(ground, { by: 'key', key }, 'keyCompromise')).certificates.length;
  return found;
}

/** Each costs a look at every certificate. */
const mostLookedFor = 5;

async function listAll(settings: Settings): Promise<Answer> {
  return withDatabase(settings, async database => {
    const { keyOrders } = openStore(database);
    const found = [];
    for (let after: string | undefined = ''; after !== undefined;) {
      const page: Awaited<ReturnType<typeof keyOrders.blocked>> = await keyOrders.blocked(after, 1_000);
      found.push(...page);
      after = page.at(-1)?.key;
    }
    const rows = found.map(({ key, digest, createdAt }) => [key, timeText(createdAt), digest.slice(0, 16)]);
    return { value: found, lines: rows.length === 0 ? ['No key is blocked.'] : columns(rows) };
  });
}
