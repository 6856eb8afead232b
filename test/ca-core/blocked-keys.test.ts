/** Keys that stand in no certificate any more: never issued here, refused by name, let in again only by two. */
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { provenKey } from '../../ca-core/approvals/compromise-proof.ts';
import type { SubjectKey } from '../../ca-core/approvals/documents.ts';
import type { KeyBlockDocument, KeyUnblockDocument } from '../../ca-core/approvals/key-documents.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { anAttestedCase, anAttestedList, anLra, insertListed } from '../support/attested-list.ts';
import { alarmLog, auditedAbout } from '../support/by-hand.ts';
import { checkPki } from '../support/check-pki.ts';
import { opensslBytes } from '../support/openssl.ts';

const clock = aClock();
const log = alarmLog();
let platform: ACa;
let core: OpenCa;

beforeAll(async () => {
  platform = await aCa({ clock });
  core = await platform.open({ log });
  await settle(core);
});
afterAll(async () => {
  expect(await checkPki(platform)).toEqual([]);
  await core.close();
  await platform.end();
});

type OwnKey = SubjectKey & { readonly from: 'csr' };
function anOwnKey(): OwnKey {
  const key = aRequestedKey();
  if (key.from !== 'csr') throw new Error('a key of its own');
  return key;
}
const hashOf = ({ subjectPublicKeyInfo }: OwnKey): string =>
  createHash('sha256').update(Buffer.from(subjectPublicKeyInfo, 'hex')).digest('hex');

const about = (keys: readonly string[]) => ({
  ...{ version: 1 as const, ca: platform.ca, keys: [...keys] },
  ...{ because: 'found on a disk', requestedAt: clock.now() },
});
const block = (keys: readonly string[], proof: { proof?: string } = {}): KeyBlockDocument => ({
  ...about(keys),
  kind: 'keyBlock',
  ...proof,
});
const unblock = (keys: readonly string[]): KeyUnblockDocument => ({ ...about(keys), kind: 'keyUnblock' });

/** What became of a document that so many officers signed. */
async function signed(document: KeyBlockDocument | KeyUnblockDocument, officers = platform.officers.slice(0, 1)) {
  const digest = await platform.approve(document, officers);
  await settle(core);
  const order = await platform.store.keyOrders.of(digest);
  const row = await platform.database('key_orders').where({ digest }).first<{ refusal: string | null } | undefined>();
  return { state: order?.state, refusal: row?.refusal ?? null, digest };
}

async function outcomeOf(subjectKey: SubjectKey): Promise<string | undefined> {
  const document = platform.aCase({ subjectKey });
  await platform.approve(document);
  await settle(core);
  const order = await platform.store.orders.ofCase(document.caseId);
  return order?.refusal?.code ?? order?.state;
}

describe('a key on the block list', () => {
  it('is refused by name, though it was never issued, once one officer signed', async () => {
    const key = anOwnKey();
    const { state, digest } = await signed(block([hashOf(key)]));
    expect(state).toBe('applied');
    expect(await outcomeOf(key)).toBe('keyBlocked');
    expect(await platform.store.keyOrders.isBlocked(hashOf(key))).toBe(true);
    expect(await auditedAbout(platform, digest)).toContain('keys.blocked');
    expect(await outcomeOf(anOwnKey())).toBe('issued');
  });

  it('is refused in a list that an LRA attested', async () => {
    const lra = await anLra(platform, core);
    const key = anOwnKey();
    await signed(block([hashOf(key)]));
    const list = anAttestedList(platform, lra, [anAttestedCase(platform, lra, { subjectKey: key })]);
    const caseId = await insertListed(platform, list, 0);
    await settle(core);
    expect((await platform.store.orders.ofCase(caseId))?.refusal?.code).toBe('keyBlocked');
  });

  it('stays refused whatever the table says, which is mended at the next start', async () => {
    const key = anOwnKey();
    await signed(block([hashOf(key)]));
    const foreign = { key: 'ff'.repeat(32), digest: 'ee'.repeat(32), created_at: 1 };
    await platform.database('blocked_keys').delete();
    await platform.database('blocked_keys').insert(foreign);
    expect(await outcomeOf(key)).toBe('keyBlocked');
    await core.close();
    core = await platform.open({ log });
    await settle(core);
    expect(await platform.store.keyOrders.isBlocked(hashOf(key))).toBe(true);
    expect(await platform.store.keyOrders.isBlocked(foreign.key)).toBe(false);
    expect(log.alarms).toContain('the table of blocked keys was mended');
  });

  it('is let in again by two officers, who meant this block', async () => {
    const key = anOwnKey();
    const hash = hashOf(key);
    const early = unblock([hash]);
    clock.pass(1);
    await signed(block([hash]));
    expect((await signed(early, [...platform.officers])).refusal).toContain('keyNotBlocked');
    const document = unblock([hash]);
    expect((await signed(document)).state).toBeUndefined();
    expect(await outcomeOf(key)).toBe('keyBlocked');
    const [, second] = platform.officers;
    expect((await signed(document, [second])).state).toBe('applied');
    expect(await platform.store.keyOrders.isBlocked(hash)).toBe(false);
    expect(await outcomeOf(key)).toBe('issued');
    clock.pass(1);
    await signed(block([hash]));
    await platform.database('key_orders').update({ state: 'waiting' });
    await settle(core);
    expect(await outcomeOf(key)).toBe('keyBlocked');
  });
});

describe('a proof that a key is compromised', () => {
  const request = (name: string): Buffer =>
    opensslBytes(
      ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'key', '-subj', name, '-outform', 'DER'],
      {},
    );

  it('is a request signed with it that says so, and is on record', async () => {
    const proof = request('/CN=Proof of key compromise');
    const key = provenKey(proof);
    expect((await signed(block([key], { proof: proof.toString('hex') }))).state).toBe('applied');
    const other = block(['ab'.repeat(32)], { proof: proof.toString('hex') });
    expect((await signed(other)).refusal).toContain('digestMismatch');
  });

  it.each(['/CN=x', '/CN=Proof of key compromise/O=Other'])('is not a request for %s', async name => {
    const proof = request(name);
    expect(() => provenKey(proof)).toThrow('proofInvalid');
    expect((await signed(block(['ab'.repeat(32)], { proof: proof.toString('hex') }))).refusal).toContain(
      'proofInvalid',
    );
  });

  it('is signed with the very key', () => {
    const proof = request('/CN=Proof of key compromise');
    proof[proof.length - 1] = (proof[proof.length - 1] ?? 0) ^ 1;
    expect(() => provenKey(proof)).toThrow('proofInvalid');
  });
});
