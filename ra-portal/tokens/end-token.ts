/** What becomes of the job and the certificate when a token leaves use; whoever says so, it happens in one way. */
import { PkiError } from '../../ca-core/errors.ts';
import { readCertificate, type RevocationReason, type TokenAct } from '../../ca-core/index.ts';
import { revoke } from '../applications/revoke.ts';
import { makeRevocationDocument } from '../officer/order-revocation.ts';
import type { PortalParts } from '../parts.ts';
import { hasRole, type Person } from '../people/person.ts';
import { findApplication, keepApplication } from '../store/applications.ts';
import type { Database } from '../store/database.ts';
import { keepTokenJob, lastJobOf, type StandingJob } from '../store/token-jobs.ts';
import { keepUsbToken, type UsbToken } from '../store/usb-tokens.ts';
import { noteTokenEvent, stateAfterAct } from './known-token.ts';
import { keyHashOf } from './token-job.ts';

export interface TokenEnding {
  readonly token: UsbToken;
  readonly act: TokenAct;
  /** For which its certificate is revoked, where there is one. */
  readonly reason: RevocationReason;
  readonly note: string;
}

/**
 * The token after it. Its certificate is to be revoked: an officer's or a station's word becomes a document that waits
 * for an officer's signature, an LRA's is a wish like any other of theirs. A case whose key was not certified yet goes
 * back to the officers. What was asked before for good stays as it was asked. `parts` stand on the step's transaction.
 * Throws tokenState {state}, reasonNotAllowed.
 */
export async function endToken(parts: PortalParts, person: Person, ending: TokenEnding): Promise<UsbToken> {
  const { token, act, reason, note } = ending;
  const changedAt = parts.clock.now();
  const state = stateAfterAct(parts, act, token);
  const isAsked = token.awaits === 'revocation' && token.reason !== 'certificateHold';
  const after = isAsked ? token : await endUse(parts, person, ending);
  const ended: UsbToken = { ...after, state, changedAt };
  await keepUsbToken(parts.database, ended);
  const told = {
    reason: isAsked || after.certificate === null ? '' : reason,
    note,
    case: token.caseId ?? '',
    document: ended.document ?? '',
  };
  const details = Object.fromEntries(Object.entries(told).filter(([, text]) => text !== ''));
  const { serial } = token;
  await noteTokenEvent(parts.database, { serial, at: changedAt, actor: person.id, act, state, details });
  return ended;
}

/** The token with what its certificate waits for now; its job is over. */
async function endUse(parts: PortalParts, person: Person, ending: TokenEnding): Promise<UsbToken> {
  const { token, act, reason, note } = ending;
  const job = await lastJobOf(parts.database, token.serial);
  const open = job !== null && job.state === 'open' ? job : null;
  const certificate = token.certificate ?? (job === null ? null : await certificateOf(parts, job));
  const isOnItsWay = certificate === null && open !== null && open.requestedAt !== null;
  const asked = certificate === null ? nothing : await askRevocation(parts, person, { certificate, reason });
  if (open !== null) await endJob(parts, open, act === 'damage' ? 'damaged' : 'failed', note);
  if (open !== null && certificate === null) await returnCase(parts.database, open, parts.clock.now());
  return {
    ...token,
    ...asked,
    ...(isOnItsWay ? { awaits: 'revocation' as const, reason, document: null } : {}),
    certificate,
    caseId: certificate === null ? null : token.caseId,
  };
}

const nothing = { awaits: null, reason: null, document: null } as const;

/** The one that was issued for the key of this very job. */
export async function certificateOf({ ca }: PortalParts, job: StandingJob): Promise<UsbToken['certificate']> {
  const row = await ca.certificates.ofCase(job.caseId);
  if (row === undefined || keyHashOf(readCertificate(row.certificate).subjectPublicKeyInfo) !== job.keyHash)
    return null;
  return { issuer: row.issuer, serialNumber: row.serialNumber };
}

interface Revocation {
  readonly certificate: NonNullable<UsbToken['certificate']>;
  readonly reason: RevocationReason;
}

/** What the token waits for afterwards; nothing where the certificate is revoked for good. Throws reasonNotAllowed. */
export async function askRevocation(
  parts: PortalParts,
  person: Person,
  { certificate: { issuer, serialNumber }, reason }: Revocation,
): Promise<Pick<UsbToken, 'awaits' | 'reason' | 'document'>> {
  const status = await parts.ca.status.of(issuer, serialNumber);
  if (status?.status === 'revoked' && (status.reason === reason || status.reason !== 'certificateHold')) return nothing;
  if (!hasRole(person, 'lra')) {
    const document = await makeRevocationDocument(parts, person, { serialNumber, reason });
    return { awaits: 'revocation', reason, document };
  }
  const certificate = await parts.ca.certificates.withSerialNumber(serialNumber);
  await wish(parts, certificate?.caseId ?? '', { reason, lra: person.id });
  return { awaits: 'revocation', reason, document: null };
}

/** The same wish twice is one. */
async function wish(
  parts: PortalParts,
  caseId: string,
  { reason, lra }: { readonly reason: RevocationReason; readonly lra: string },
): Promise<void> {
  try {
    await revoke(parts, caseId, { reason, since: '', lra });
  } catch (error) {
    if (!(error instanceof PkiError) || error.code !== 'orderTwice') throw error;
  }
}

export async function endJob(
  { database, clock }: Pick<PortalParts, 'database' | 'clock'>,
  job: StandingJob,
  state: 'active' | 'damaged' | 'failed',
  reason: string,
): Promise<void> {
  await keepTokenJob(database, { ...job, state, endedAt: clock.now(), reason: reason.slice(0, 500) });
}

/** Its document counts no more, and the officers give it another token. Nothing happens where it went on without this one. */
export async function returnCase(trx: Database, { caseId, serial }: StandingJob, at: number): Promise<void> {
  const application = await findApplication(trx, caseId);
  if (application?.subjectKey.from !== 'station' || application.subjectKey.tokenSerial !== serial) return;
  const { state } = application;
  await keepApplication(trx, {
    ...application,
    state: state === 'approved' ? 'inReview' : state,
    documentDigest: null,
    subjectKey: { ...application.subjectKey, station: '', tokenSerial: '' },
    changedAt: at,
  });
}
