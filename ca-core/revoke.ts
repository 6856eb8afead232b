/** Revoking and releasing: no key is needed, yet each is an order, judged anew (design §1). */
import { checkApprovals } from './approvals/approval.ts';
import {
  decodeDocument,
  digestOf,
  type ReleaseDocument,
  type RevocationDocument,
  type RollDocument,
} from './approvals/documents.ts';
import type { AuditEvent } from './audit/leaf.ts';
import { caFor, groundOf, type Ca } from './ca.ts';
import { watchOf } from './clock-watch.ts';
import { PkiError, refusalOf } from './errors.ts';
import { takeStep } from './failpoints.ts';
import type { JournalEntry } from './home/journal-entry.ts';
import { decisionOf } from './reconcile-status.ts';
import type { RevocationOrder } from './store/revocations.ts';

/** Takes the waiting orders to their end. How many were applied or refused. */
export async function applyRevocations(ca: Ca, roll: RollDocument | undefined): Promise<number> {
  let ended = 0;
  const delayed: RevocationOrder[] = [];
  for (const order of await ca.store.revocations.waiting(100)) {
    if (await applyOrRefuse(caFor(ca, order.issuer), order, roll)) ended++;
    else delayed.push(order);
  }
  await alarmDelayed(ca, delayed);
  return ended;
}

/** Whether the order came to its end. */
async function applyOrRefuse(ca: Ca, order: RevocationOrder, roll: RollDocument | undefined): Promise<boolean> {
  try {
    const document = checkRevocation(ca, order, roll);
    await applyDocument(ca, order, document);
    return true;
  } catch (error) {
    const refusal = refusalOf(error);
    // Over the rate: it waits for its turn, and the alarm calls an officer.
    if (refusal.code === 'revocationRateExceeded') return false;
    const event = auditEvent(ca, order, 'revocation.refused', { code: refusal.code });
    await takeStep(ca, 'status.refuse', () => ca.store.revocations.refuse(order.id, refusal, event));
    ca.log.warn({ serialNumber: order.serialNumber, refusal: refusal.message }, 'revocation order refused');
    return true;
  }
}

/** Throws the PkiError that says why the order does not hold. */
function checkRevocation(
  ca: Ca,
  order: RevocationOrder,
  roll: RollDocument | undefined,
): RevocationDocument | ReleaseDocument {
  const document = decodeDocument(order.text);
  if (document.kind !== 'revocation' && document.kind !== 'release') throw new PkiError('documentMalformed');
  if (digestOf(order.text) !== order.digest || document.ca !== ca.id) throw new PkiError('digestMismatch');
  if (document.serialNumber !== order.serialNumber) throw new PkiError('digestMismatch', { what: 'serialNumber' });
  if (ca.home.signerLog.notAfterOf(document.serialNumber) === undefined) throw new PkiError('certificateUnknown');
  const isSubscribers = document.kind === 'revocation' && order.askedBy === 'subscriber';
  if (!isSubscribers) {
    if (roll === undefined) throw new PkiError('approverUnknown');
    const ground = { ca: ca.id, roll, ...groundOf(ca) };
    checkApprovals({ documentText: order.text, approvals: order.approvals, ...ground });
  }
  return document;
}

/** The journal first, on the disk; then the database. A document counts once, however often its row comes back. */
async function applyDocument(
  ca: Ca,
  order: RevocationOrder,
  document: RevocationDocument | ReleaseDocument,
): Promise<void> {
  const { statusJournal } = ca.home;
  if (!statusJournal.hasDigest(order.digest)) {
    const before = statusJournal.of(document.serialNumber);
    const entry = await decide(ca, order, document);
    await takeStep(ca, 'status.journal', () => statusJournal.append([{ entry, last: before }]));
  } else await statusJournal.secure();
  const last = statusJournal.of(document.serialNumber);
  if (last === undefined || last.digest !== order.digest) {
    await ca.store.revocations.close(order.id, ca.clock.now());
    return;
  }
  const action = last.change === 'revoked' ? 'certificate.revoked' : 'certificate.released';
  const details = { reason: last.reason ?? '', digest: last.digest };
  const event = auditEvent(ca, order, action, details);
  await takeStep(ca, 'status.record', () =>
    ca.store.revocations.apply([{ decision: decisionOf(ca, last, order.id), event }]),
  );
}

async function decide(
  ca: Ca,
  order: RevocationOrder,
  document: RevocationDocument | ReleaseDocument,
): Promise<JournalEntry> {
  const { serialNumber } = document;
  const last = ca.home.statusJournal.of(serialNumber);
  const isRevoked = last?.change === 'revoked';
  const isOnHold = isRevoked && last.reason === 'certificateHold';
  // Dated by a clock that is days ahead, no CRL and no OCSP answer could tell of it once the clock is right again.
  const now = watchOf(ca, ca.policies.schedule.crl.clockJump).credible(ca.clock.now());
  const notAfter = ca.home.signerLog.notAfterOf(serialNumber) ?? now;
  const shard = ca.home.signerLog.shardOf(serialNumber);
  const place = shard === 0 ? {} : { shard };
  const common = { at: now, serialNumber, notAfter, ...place, askedBy: order.askedBy, digest: order.digest };
  if (document.kind === 'release') {
    // One that was signed before this hold began was meant for another.
    if (!isOnHold || document.requestedAt < last.at) throw new PkiError('notOnHold');
    return { ...common, change: 'released', reason: null, revokedAt: null, invalidityDate: null };
  }
  if (isRevoked && (!isOnHold || document.reason === 'certificateHold')) throw new PkiError('alreadyRevoked');
  await checkReason(ca, document);
  if (order.askedBy === 'subscriber') checkRate(ca);
  const { reason, invalidityDate } = document;
  // From the log outside the database: a row that was changed cannot save a key from being remembered.
  const key = reason === 'keyCompromise' ? ca.home.signerLog.keyOf(serialNumber) : undefined;
  return {
    ...common,
    change: 'revoked',
    reason,
    revokedAt: now,
    invalidityDate,
    ...(key === undefined ? {} : { key }),
  };
}

async function checkReason(ca: Ca, document: RevocationDocument): Promise<void> {
  const row = await ca.store.certificates.find(ca.id, document.serialNumber);
  const profile = row === undefined ? undefined : ca.policies.profiles.get(row.profile);
  if (profile !== undefined && !profile.revocationReasons.includes(document.reason)) {
    throw new PkiError('reasonNotAllowed', { reason: document.reason });
  }
}

/** A portal that was broken into could vouch for anybody: so many an hour and no more. */
function checkRate(ca: Ca): void {
  const limit = ca.policies.schedule.revocation.subscriberRevocationsPerHour;
  const given = ca.home.statusJournal.subscriberRevocationsSince(ca.clock.now() - 3600);
  if (given >= limit) throw new PkiError('revocationRateExceeded', { limit });
}

/** Of each CA the orders that waited at its last turn: their alarm was given. */
const alarmed = new WeakMap<Ca, ReadonlySet<string>>();

async function alarmDelayed(ca: Ca, delayed: readonly RevocationOrder[]): Promise<void> {
  const before = alarmed.get(ca);
  alarmed.set(ca, new Set(delayed.map(({ id }) => id)));
  for (const order of delayed.filter(({ id }) => before?.has(id) !== true)) {
    await ca.store.audit.note(auditEvent(ca, order, 'revocation.delayed', { digest: order.digest }));
    ca.log.error(
      { serialNumber: order.serialNumber },
      'more revocations by subscribers than the policy allows in an hour wait',
    );
  }
}

function auditEvent(ca: Ca, order: RevocationOrder, action: string, details: Record<string, string>): AuditEvent {
  return { at: ca.clock.now(), service: 'ca-core', action, actor: order.askedBy, subject: order.serialNumber, details };
}
