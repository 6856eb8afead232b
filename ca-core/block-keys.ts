/** Blocking keys and letting them in again: officers sign, the home remembers, the database is told. */
import { checkApprovals } from './approvals/approval.ts';
import { provenKey } from './approvals/compromise-proof.ts';
import { decodeDocument, type RollDocument } from './approvals/documents.ts';
import type { KeyBlockDocument, KeyUnblockDocument } from './approvals/key-documents.ts';
import type { AuditEvent } from './audit/leaf.ts';
import { caFor, groundOf, type Ca } from './ca.ts';
import { PkiError, refusalOf } from './errors.ts';
import { takeStep } from './failpoints.ts';
import type { BlockedKey, KeyChange, KeyOrder } from './store/key-orders.ts';

/** Takes the oldest order to its end. Whether there was one. */
export async function applyKeyOrders(ca: Ca, roll: RollDocument | undefined): Promise<boolean> {
  const order = await ca.store.keyOrders.oldestWaiting();
  if (order === undefined) return false;
  try {
    await applyOrder(ca, order, checkOrder(ca, order, roll));
  } catch (error) {
    const refusal = refusalOf(error);
    const event = eventOf(ca, order, 'keys.refused', { code: refusal.code });
    await takeStep(ca, 'status.refuse', () => ca.store.keyOrders.refuse(order.id, refusal, event));
    ca.log.warn({ digest: order.digest, refusal: refusal.message }, 'order about keys refused');
  }
  return true;
}

/** Throws the PkiError that says why the order does not hold. */
function checkOrder(
  active: Ca,
  order: KeyOrder,
  roll: RollDocument | undefined,
): KeyBlockDocument | KeyUnblockDocument {
  if (roll === undefined) throw new PkiError('approverUnknown');
  const ca = caFor(active, decodeDocument(order.text).ca);
  const ground = { ca: ca.id, roll, ...groundOf(ca) };
  const { document, digest } = checkApprovals({ documentText: order.text, approvals: order.approvals, ...ground });
  if (document.kind !== 'keyBlock' && document.kind !== 'keyUnblock') throw new PkiError('documentMalformed');
  if (digest !== order.digest) throw new PkiError('digestMismatch');
  if (document.kind === 'keyBlock') checkProof(document);
  else if (!ca.home.blockedKeys.hasDigest(digest)) checkUnblock(ca, document);
  return document;
}

/** Throws proofInvalid, digestMismatch {what} where it proves another key. */
function checkProof({ keys, proof }: KeyBlockDocument): void {
  if (proof === undefined) return;
  const proven = provenKey(Buffer.from(proof, 'hex'));
  if (keys.length !== 1 || keys[0] !== proven) throw new PkiError('digestMismatch', { what: 'proof' });
}

/** What was signed before a key was blocked was meant for an earlier block. */
function checkUnblock({ home }: Ca, { keys, requestedAt }: KeyUnblockDocument): void {
  const isMeant = keys.every(key => (home.blockedKeys.of(key)?.at ?? Infinity) <= requestedAt);
  if (!isMeant) throw new PkiError('keyNotBlocked');
}

/** The home first, on the disk; then the database. */
async function applyOrder(
  ca: Ca,
  order: KeyOrder,
  { kind, keys }: KeyBlockDocument | KeyUnblockDocument,
): Promise<void> {
  const { blockedKeys } = ca.home;
  const change = kind === 'keyBlock' ? 'blocked' : 'unblocked';
  const entry = { at: ca.clock.now(), change, keys, digest: order.digest } as const;
  await takeStep(ca, 'status.journal', () => blockedKeys.append(entry));
  const now: KeyChange = {
    blocked: keys.flatMap(key => rowOf(blockedKeys.of(key))),
    unblocked: keys.filter(key => !blockedKeys.isBlocked(key)),
  };
  const event = eventOf(ca, order, `keys.${change}`, { keys: String(keys.length), first: keys[0] ?? '' });
  await takeStep(ca, 'status.record', () => ca.store.keyOrders.apply(order.id, now, [event]));
}

/** The table follows the home: what vanished from it is put back, what another hand wrote is taken out, both audited. */
export async function reconcileBlockedKeys(ca: Ca): Promise<void> {
  const told = new Map<string, string>();
  let page: readonly BlockedKey[] = [];
  for (let after = ''; (page = await ca.store.keyOrders.blocked(after, pageSize)).length > 0;) {
    for (const { key, digest } of page) told.set(key, digest);
    after = page.at(-1)?.key ?? after;
  }
  const blocked: BlockedKey[] = [];
  for (const one of ca.home.blockedKeys.all()) {
    if (told.get(one.key) !== one.digest) blocked.push(...rowOf(one));
    told.delete(one.key);
  }
  const unblocked = [...told.keys()];
  if (blocked.length === 0 && unblocked.length === 0) return;
  ca.log.error({ blocked: blocked.length, unblocked: unblocked.length }, 'the table of blocked keys was mended');
  const details = { blocked: String(blocked.length), unblocked: String(unblocked.length) };
  const what = { action: 'keys.mended', actor: 'ca-core', subject: 'blocked_keys', details };
  const event = { at: ca.clock.now(), service: 'ca-core', ...what };
  await takeStep(ca, 'status.mend', () => ca.store.keyOrders.apply(null, { blocked, unblocked }, [event]));
}

const pageSize = 1_000;

const rowOf = (one: { key: string; at: number; digest: string } | undefined): BlockedKey[] =>
  one === undefined ? [] : [{ key: one.key, digest: one.digest, createdAt: one.at }];

function eventOf(ca: Ca, order: KeyOrder, action: string, details: Record<string, string>): AuditEvent {
  return { at: ca.clock.now(), service: 'ca-core', action, actor: 'officer', subject: order.digest, details };
}
