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
import type { KnownStatus, OwnStatuses, Reached } from './status-store.ts';

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
  const seen: CrlSeen = { at: 0, throughSeq: 0, wantedSeq: 0 };
  let notedAt = 0;
  return async () => {
    const startedAt = parts.clock.now();
    await rewindIfBehind(parts);
    await takeChanges(parts, seen, startedAt);
    await takeCrl(parts, seen, startedAt);
    parts.statuses.confirm(startedAt);
    if (startedAt < notedAt + noteEvery) return;
    notedAt = startedAt;
    await parts.statuses.learn({ statuses: new Map(), releasesSeen: [], reached: parts.statuses.reached() });
  };
}

interface CrlSeen {
  at: UnixTime;
  throughSeq: number;
  /** The newest revocation or release, which a CRL shall confirm. */
  wantedSeq: number;
}

/** A database that was set back has fewer changes than we know of: they are all read again, which is harmless. */
async function rewindIfBehind({ status, statuses, log }: FollowParts): Promise<void> {
  const last = await status.lastSeq();
  const reached = statuses.reached();
  if (last >= reached.seq) return;
  log.error(
    { last, reached: reached.seq },
    'the database has fewer status changes than before; reading all of them again',
  );
  await statuses.learn({ statuses: new Map(), releasesSeen: [], reached: { ...reached, seq: 0 } });
}

async function takeChanges(parts: FollowParts, seen: CrlSeen, at: UnixTime): Promise<void> {
  for (;;) {
    const before = parts.statuses.reached();
    const changes = await parts.status.changesAfter(before.seq, changesAtOnce);
    const last = changes.at(-1);
    if (last === undefined) return;
    const wanted = changes.findLast(({ change, issuer }) => change !== 'issued' && issuer === parts.ca);
    seen.wantedSeq = wanted?.seq ?? seen.wantedSeq;
    // Not yet caught up: the time at which everything was known stays as it was.
    const reached: Reached = { ...before, seq: last.seq, at: changes.length < changesAtOnce ? at : before.at };
    await takeBatch(
      changes.filter(change => change.issuer === parts.ca),
      reached,
      parts,
    );
  }
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
  return { status: 'revoked', revokedAt, reason: reasonOf(change), afterCrl: parts.statuses.reached().crlNumber };
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

async function takeCrl(parts: FollowParts, seen: CrlSeen, now: UnixTime): Promise<void> {
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
