import { PkiError } from '../../ca-core/errors.ts';
import {
  noteRevocationWish,
  openStore,
  revocationReasons,
  type CertificateRow,
  type RevocationReason,
} from '../../ca-core/index.ts';
import { tidingsLetter } from '../mail/letters.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication } from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { postLetter } from '../store/letters.ts';
import { isoDate, startOfDay } from './as-typed.ts';
import type { FieldMistake } from './form-text.ts';

/** The reasons that a certificate's profile lets people choose. */
export function reasonsOf({ policies }: Pick<PortalParts, 'policies'>, profile: string): readonly RevocationReason[] {
  return policies.profiles.get(profile)?.revocationReasons ?? [];
}

/** Throws reasonNotAllowed. */
export function readReason(parts: Pick<PortalParts, 'policies'>, profile: string, typed: unknown): RevocationReason {
  const reason = revocationReasons.find(name => name === typed);
  if (reason === undefined || !reasonsOf(parts, profile).includes(reason)) throw new PkiError('reasonNotAllowed');
  return reason;
}

export interface RevocationWish {
  readonly reason: string;
  /** The day from which the key is not to be trusted, as people write it, or nothing. */
  readonly since: string;
  /** Who asks at the organisation's desk; the subscriber where nobody is named. */
  readonly lra?: string | null;
}

/**
 * The wish of the subscriber, or of the organisation's own desk (an LRA's id); the portal vouches for either, and the CA
 * core keeps to so many an hour. What has to be mended, or nothing.
 * Throws applicationUnknown, notYetIssued, alreadyRevoked, orderTwice, reasonNotAllowed.
 */
export async function revoke(
  parts: PortalParts,
  caseId: string,
  { reason: typedReason, since, lra = null }: RevocationWish,
): Promise<readonly FieldMistake[]> {
  const at = parts.clock.now();
  if (typedReason === '') return [{ rule: 'fieldMissing', field: 'reason' }];
  const mistakes = await inOneStep(parts.database, async trx => {
    const ca = openStore(trx);
    const application = await findApplication(trx, caseId);
    if (application === null) throw new PkiError('applicationUnknown');
    const certificate = await ca.certificates.ofCase(caseId);
    if (certificate === undefined) throw new PkiError('notYetIssued');
    const { issuer, serialNumber, profile } = certificate;
    const reason = readReason(parts, profile, typedReason);
    const invalidityDate = sinceWhen(since, { certificate, at });
    if (invalidityDate === 'invalid') return [{ rule: 'dateInvalid', field: 'since' }] as const;
    const status = await ca.status.of(issuer, serialNumber);
    if (status?.status === 'revoked' && status.reason !== 'certificateHold') throw new PkiError('alreadyRevoked');
    const named = { kind: 'revocation', version: 1, ca: issuer, serialNumber, reason } as const;
    await ca.revocations.order({ document: { ...named, invalidityDate, requestedAt: at }, at });
    if (lra !== null) {
      const event = { at, service: 'ra-portal', action: 'revocation.askedByLra', actor: lra, subject: serialNumber };
      await noteRevocationWish(trx, { ...event, details: { reason, caseId } });
    }
    await postLetter(trx, { ...tidingsLetter(application, 'revoked', parts.settings.url), at });
    return [];
  });
  parts.sendLetters();
  return mistakes;
}

/** invalidityDate (RFC 5280 §5.3.2): never before the certificate and never in the future. */
function sinceWhen(
  typed: string,
  { certificate, at }: { readonly certificate: CertificateRow; readonly at: number },
): number | null | 'invalid' {
  if (typed === '') return null;
  const day = isoDate(typed);
  if (day === null || startOfDay(day) > at) return 'invalid';
  return Math.max(startOfDay(day), certificate.notBefore);
}
