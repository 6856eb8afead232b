/**
 * Follows the CA's status table into the responder's own memory, believing no row by itself: a certificate is good
 * once its DER verified, and what is revoked stays so until the CA signs a CRL without it.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { readCertificate, readCrl, verifyCertificate, verifyCrl, crlReasons, equalBytes } from '../ca-core/index.ts';
import type { Certificate, CertificateRevocationList, CrlReason, StatusChange, Store } from '../ca-core/index.ts';
import type { Clock, UnixTime } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import type { Log } from '../ca-core/log.ts';
import { mergeCrl } from './merge-crl.ts';
import type { OwnStatuses } from './status-store.ts';
import type { KnownStatus, Reached } from './status.ts';
import { openGaps, type Gaps } from './gaps.ts';

export interface FollowParts {
  readonly status: Pick<Store['status'], 'changesAfter' | 'lastSeq'>;
  readonly certificates: Pick<Store['certificates'], 'find'>;
  readonly crls: Pick<Store['crls'], 'newest'>;
  readonly statuses: OwnStatuses;
  readonly issuer: Certificate;
  /** SHA-256 of the issuing CA's SubjectPublicKeyInfo, hex. */
  readonly ca: string;
  readonly clock: Clock;
  readonly log: Log;
}

const changesAtOnce = 500;
/** Answers go out between this many changes. */
const changesPerBreath = 25;
/** The newest CRL is looked for at least this often, and every round while revocations or releases wait to appear in one. */
const crlEvery = 60;
/** That nothing has changed is written to the disk this often. */
const noteEvery = 60;

/** A function that catches up once: statuses, then the newest CRL. Repeat it every second. Throws when the database fails. */
export function followStatus(parts: FollowParts): () => Promise<void> {
  const seen: Seen = { at: 0, throughSeq: 0, wantedSeq: 0, gaps: openGaps(parts.statuses.reached().seq) };
  let notedAt = 0;
  return async () => {
    const startedAt = parts.clock.now();
    await rewindIfBehind(parts, seen);
    await takeLateChanges(parts, seen, startedAt);
    await takeChanges(parts, seen, startedAt);
    await takeCrl(parts, seen, startedAt);
    parts.statuses.confirm(startedAt);
    if (startedAt < notedAt + noteEvery) return;
    notedAt = startedAt;
    await parts.statuses.learn({ statuses: new Map(), releasesSeen: [], reached: parts.statuses.reached() });
  };
}

interface Seen {
  at: UnixTime;
  throughSeq: number;
  /** The newest revocation or release, which a CRL shall confirm. */
  wantedSeq: number;
  /** How far the changes were read, and which below it were not there yet. */
  gaps: Gaps;
}

/** A database that was set back has fewer changes than we know of: they are all read again, which is harmless. */
async function rewindIfBehind({ status, statuses, log }: FollowParts, seen: Seen): Promise<void> {
  const last = await status.lastSeq();
  const reached = statuses.reached();
  if (last >= seen.gaps.newest()) return;
  log.error(
    { last, reached: reached.seq },
    'the database has fewer status changes than before; reading all of them again',
  );
  await statuses.learn({ statuses: new Map(), releasesSeen: [], reached: { ...reached, seq: 0 } });
  seen.gaps = openGaps(0);
}

/** Changes with a lower number than others that were there before: transactions commit in any order. */
async function takeLateChanges(parts: FollowParts, seen: Seen, at: UnixTime): Promise<void> {
  for (const { from, to } of seen.gaps.open(at)) {
    const changes = await parts.status.changesAfter(from - 1, changesAtOnce);
    const late = changes.filter(({ seq }) => seq <= to);
    if (late.length > 0) await takeOwn(parts, seen, { changes: late, at });
  }
}

async function takeChanges(parts: FollowParts, seen: Seen, at: UnixTime): Promise<void> {
  for (;;) {
    const changes = await parts.status.changesAfter(seen.gaps.newest(), changesAtOnce);
    if (changes.length === 0) return;
    await takeOwn(parts, seen, { changes, at });
  }
}

async function takeOwn(
  parts: FollowParts,
  seen: Seen,
  { changes, at }: { readonly changes: readonly StatusChange[]; readonly at: UnixTime },
): Promise<void> {
  const own = changes.filter(change => change.issuer === parts.ca);
  const wanted = own.findLast(({ change }) => change !== 'issued');
  seen.wantedSeq = Math.max(wanted?.seq ?? 0, seen.wantedSeq);
  const numbers = changes.map(({ seq }) => seq);
  // `at` stays: everything is known only when the round has ended.
  const reached = { ...parts.statuses.reached(), seq: seen.gaps.safeAfter(numbers, at) };
  await takeBatch(own, reached, parts);
  seen.gaps.note(numbers, at);
}

async function takeBatch(changes: readonly StatusChange[], reached: Reached, parts: FollowParts): Promise<void> {
  const statuses = new Map<string, KnownStatus>();
  const releases = new Set<string>();
  for (const [index, change] of changes.entries()) {
    if (index % changesPerBreath === 0) await breathe();
    const { serialNumber } = change;
    const known = statuses.get(serialNumber) ?? parts.statuses.of(serialNumber);
    if (change.change === 'released') {
      if (known?.status === 'revoked' && known.reason === 'certificateHold') releases.add(serialNumber);
      continue;
    }
    const status = await statusAfter(change, known, parts);
    if (status !== undefined) statuses.set(serialNumber, status);
    if (change.change === 'revoked') {
      releases.delete(serialNumber);
      // Held again: a release seen before counts no more. Learning the status anew forgets it.
      if (known?.status === 'revoked' && !statuses.has(serialNumber)) statuses.set(serialNumber, known);
    }
  }
  await parts.statuses.learn({ statuses, releasesSeen: [...releases], reached });
}

/** The status to learn from this change, undefined where it teaches nothing. */
async function statusAfter(
  change: StatusChange,
  known: KnownStatus | undefined,
  parts: FollowParts,
): Promise<KnownStatus | undefined> {
  if (change.change === 'issued' && known !== undefined) return undefined;
  if (known?.status === 'revoked' && (known.reason !== 'certificateHold' || reasonOf(change) === 'certificateHold')) {
    return undefined;
  }
  const good = known ?? (await verifiedStatus(change.serialNumber, parts));
  if (good === undefined || change.change === 'issued') return good;
  const revokedAt = Math.min(change.revokedAt ?? change.createdAt, parts.clock.now());
  const { invalidityDate } = change;
  const afterCrl = parts.statuses.reached().crlNumber;
  const notAfter = good.notAfter;
  return { status: 'revoked', revokedAt, reason: reasonOf(change), invalidityDate, afterCrl, notAfter };
}

function reasonOf({ reason }: StatusChange): CrlReason | null {
  return reason !== null && reason in crlReasons ? reason : null;
}

/** `good`, only where the certificate itself verifies under the issuer's key. */
async function verifiedStatus(serialNumber: string, parts: FollowParts): Promise<KnownStatus | undefined> {
  const certificate = await verifiedCertificate(serialNumber, parts);
  return certificate && { status: 'good', notAfter: certificate.notAfter };
}

async function verifiedCertificate(serialNumber: string, parts: FollowParts): Promise<Certificate | undefined> {
  const row = await parts.certificates.find(parts.ca, serialNumber);
  const certificate = row && readable(() => readCertificate(row.certificate));
  const { issuer } = parts;
  const isOurs =
    certificate?.serialNumber === serialNumber &&
    equalBytes(certificate.issuer, issuer.subject) &&
    verifyCertificate(certificate, issuer.subjectPublicKeyInfo);
  if (isOurs) return certificate;
  parts.log.error({ serialNumber }, 'a status change names a certificate that the CA did not sign');
  return undefined;
}

async function takeCrl(parts: FollowParts, seen: Seen, now: UnixTime): Promise<void> {
  const reached = parts.statuses.reached();
  if (seen.throughSeq >= seen.wantedSeq && now < seen.at + crlEvery) return;
  const row = await parts.crls.newest(parts.ca);
  seen.at = now;
  if (row === undefined) return;
  seen.throughSeq = row.throughSeq;
  if (BigInt(row.crlNumber) <= reached.crlNumber) return;
  const crl = verifiedCrl(row.crl, parts);
  if (crl === undefined || crl.crlNumber <= reached.crlNumber || crl.thisUpdate > now) return;
  await mergeCrl(crl, parts.statuses, serialNumber => verifiedCertificate(serialNumber, parts));
}

function verifiedCrl(der: Uint8Array, { issuer, log }: FollowParts): CertificateRevocationList | undefined {
  const crl = readable(() => readCrl(der));
  if (crl && equalBytes(crl.issuer, issuer.subject) && verifyCrl(crl, issuer.subjectPublicKeyInfo)) return crl;
  log.error({}, 'the newest CRL in the database was not signed by the CA');
  return undefined;
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof PkiError) return undefined;
    throw error;
  }
}
