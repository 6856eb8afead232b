/**
 * Revoking many certificates by one document that two officers signed: a batch each turn, so that issuing and other
 * revocations go on between; each batch is on the disk with one wait, and the CRL is made when the last one is.
 */
import { createHash } from 'node:crypto';
import { checkApprovals } from './approvals/approval.ts';
import type { MassRevocationDocument, RollDocument } from './approvals/documents.ts';
import { decodeSerialList } from './approvals/serial-list.ts';
import type { AuditEvent } from './audit/leaf.ts';
import { allOf, caFor, groundOf, type Ca } from './ca.ts';
import { watchOf } from './clock-watch.ts';
import { PkiError, refusalOf } from './errors.ts';
import { takeStep } from './failpoints.ts';
import type { JournalEntry, TakenDecision } from './home/status-journal.ts';
import { decisionOf } from './reconcile-status.ts';
import type { MassRevocation } from './store/mass-revocations.ts';

/** Certificates revoked in one turn. */
const batchSize = 1_000;

/** An order under way. Where it stood after a crash follows from the journal: what is there is passed over. */
interface Running {
  readonly order: MassRevocation;
  readonly document: MassRevocationDocument;
  readonly serialNumbers: readonly string[];
  position: number;
  revoked: number;
  leftOut: number;
}

const running = new WeakMap<Ca, Running>();

/** Whether a CRL made now would be made again in a moment. */
export function isRevokingMany(ca: Ca): boolean {
  return running.has(ca);
}

/** Takes the oldest order a batch further. Whether there was one. */
export async function applyMassRevocations(active: Ca, roll: RollDocument | undefined): Promise<boolean> {
  const order = await active.store.massRevocations.oldestWaiting();
  // Another worker may have ended what this one began.
  if (order === undefined) allOf(active).forEach(one => running.delete(one));
  if (order === undefined) return false;
  const ca = caFor(active, order.issuer);
  try {
    const known = running.get(ca);
    const now = known?.order.id === order.id ? known : await begin(ca, order, roll);
    running.set(ca, now);
    await applyBatch(ca, now);
  } catch (error) {
    running.delete(ca);
    const refusal = refusalOf(error);
    const event = eventOf(ca, order, 'massRevocation.refused', { code: refusal.code });
    await takeStep(ca, 'status.refuse', () => ca.store.massRevocations.refuse(order.id, refusal, event));
    ca.log.error({ digest: order.digest, refusal: refusal.message }, 'order to revoke many certificates refused');
  }
  return true;
}

/** Throws the PkiError that says why the order does not hold. */
async function begin(ca: Ca, order: MassRevocation, roll: RollDocument | undefined): Promise<Running> {
  if (roll === undefined) throw new PkiError('approverUnknown');
  const ground = { ca: ca.id, roll, ...groundOf(ca) };
  const { text, approvals } = order;
  const { document, digest } = checkApprovals({ documentText: text, approvals, ...ground });
  if (document.kind !== 'massRevocation') throw new PkiError('documentMalformed');
  if (digest !== order.digest) throw new PkiError('digestMismatch');
  const list = await ca.store.massRevocations.serials(document.serialNumbers);
  const serialNumbers = decodeSerialList(list ?? '', document);
  ca.log.info({ digest, size: document.size }, 'revoking many certificates');
  return { order, document, serialNumbers, position: 0, revoked: 0, leftOut: 0 };
}

async function applyBatch(ca: Ca, now: Running): Promise<void> {
  const { statusJournal } = ca.home;
  const { order, serialNumbers } = now;
  const batch = serialNumbers.slice(now.position, now.position + batchSize);
  const taken = await decideAll(ca, now, batch);
  await takeStep(ca, 'status.journal', () => statusJournal.append(taken));
  const decided = batch.filter(serialNumber => isBy(ca, order, serialNumber));
  const decisions = decided.flatMap(serialNumber => {
    const entry = statusJournal.of(serialNumber);
    return entry === undefined
      ? []
      : [{ decision: decisionOf(ca, entry, null), event: revokedEvent(ca, now, serialNumber) }];
  });
  await takeStep(ca, 'status.record', () => ca.store.revocations.apply(decisions));
  now.position += batch.length;
  now.revoked += decided.length;
  now.leftOut += batch.length - decided.length;
  if (now.position < serialNumbers.length) await ca.store.massRevocations.progress(order.id, now);
  else await end(ca, now);
}

/** What becomes of those of a batch that are still to be revoked by this document. */
async function decideAll(ca: Ca, { order, document }: Running, batch: readonly string[]): Promise<TakenDecision[]> {
  const { statusJournal, signerLog } = ca.home;
  const { reason, invalidityDate } = document;
  // As in revoke.ts: dated by a clock that is days ahead, no CRL and no OCSP answer could tell of it.
  const at = watchOf(ca, ca.policies.schedule.crl.clockJump).credible(ca.clock.now());
  const open = batch.filter(one => !isBy(ca, order, one) && isRevocable(ca, document, one));
  const forbidden = await ofOtherReasons(ca, document, open);
  return open.flatMap(serialNumber => {
    const notAfter = signerLog.notAfterOf(serialNumber);
    if (notAfter === undefined || forbidden.has(serialNumber)) return [];
    const shard = signerLog.shardOf(serialNumber);
    const key = reason === 'keyCompromise' ? signerLog.keyOf(serialNumber) : undefined;
    const entry: JournalEntry = {
      ...{ at, serialNumber, notAfter, askedBy: 'officer' as const, digest: entryDigest(order.digest, serialNumber) },
      ...{ change: 'revoked' as const, reason, revokedAt: at, invalidityDate },
      ...(shard === 0 ? {} : { shard }),
      ...(key === undefined ? {} : { key }),
    };
    return [{ entry, last: statusJournal.of(serialNumber) }];
  });
}

/** Issued here, and good or only on hold. */
function isRevocable({ home }: Ca, { reason }: MassRevocationDocument, serialNumber: string): boolean {
  const last = home.statusJournal.of(serialNumber);
  if (last?.change !== 'revoked') return true;
  return last.reason === 'certificateHold' && reason !== 'certificateHold';
}

/** Those whose profile does not know this reason. */
async function ofOtherReasons(
  ca: Ca,
  { reason }: MassRevocationDocument,
  serialNumbers: readonly string[],
): Promise<ReadonlySet<string>> {
  const profiles = await ca.store.certificates.profilesOf(ca.id, serialNumbers);
  const forbidden = [...profiles].filter(([, name]) => {
    const profile = ca.policies.profiles.get(name);
    return profile !== undefined && !profile.revocationReasons.includes(reason);
  });
  return new Set(forbidden.map(([serialNumber]) => serialNumber));
}

async function end(ca: Ca, now: Running): Promise<void> {
  const { order, revoked, leftOut } = now;
  const counts = { revoked: String(revoked), leftOut: String(leftOut) };
  const event = eventOf(ca, order, 'massRevocation.applied', counts);
  await takeStep(ca, 'status.record', () => ca.store.massRevocations.close(order.id, now, event));
  running.delete(ca);
  ca.log.info({ digest: order.digest, ...counts }, 'many certificates were revoked');
}

/** Each certificate of a document is decided about once, as if it had a document of its own. */
function entryDigest(digest: string, serialNumber: string): string {
  return createHash('sha256').update('kakuin/mass-revocation/v1').update(digest).update(serialNumber).digest('hex');
}

const isBy = ({ home }: Ca, { digest }: MassRevocation, serialNumber: string): boolean =>
  home.statusJournal.hasDigest(entryDigest(digest, serialNumber));

function revokedEvent(ca: Ca, { order, document }: Running, serialNumber: string): AuditEvent {
  const details = { reason: document.reason, digest: order.digest };
  return { ...eventOf(ca, order, 'certificate.revoked', details), subject: serialNumber };
}

function eventOf(ca: Ca, order: MassRevocation, action: string, details: Record<string, string>): AuditEvent {
  return { at: ca.clock.now(), service: 'ca-core', action, actor: 'officer', subject: order.digest, details };
}
