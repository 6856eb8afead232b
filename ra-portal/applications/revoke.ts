import { PkiError } from '../../ca-core/errors.ts';
import { openStore, revocationReasons, type RevocationReason } from '../../ca-core/index.ts';
import { tidingsLetter } from '../mail/letters.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication } from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { postLetter } from '../store/letters.ts';

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

/**
 * The subscriber's own wish; the access code behind the session vouches for it.
 * Throws applicationUnknown, notYetIssued, alreadyRevoked, orderTwice, reasonNotAllowed.
 */
export async function revoke(parts: PortalParts, caseId: string, typedReason: unknown): Promise<void> {
  const at = parts.clock.now();
  await inOneStep(parts.database, async trx => {
    const ca = openStore(trx);
    const application = await findApplication(trx, caseId);
    if (application === null) throw new PkiError('applicationUnknown');
    const certificate = await ca.certificates.ofCase(caseId);
    if (certificate === undefined) throw new PkiError('notYetIssued');
    const { issuer, serialNumber, profile } = certificate;
    const reason = readReason(parts, profile, typedReason);
    const status = await ca.status.of(issuer, serialNumber);
    if (status?.status === 'revoked' && status.reason !== 'certificateHold') throw new PkiError('alreadyRevoked');
    const document = {
      kind: 'revocation',
      version: 1,
      ca: issuer,
      serialNumber,
      reason,
      invalidityDate: null,
      requestedAt: at,
    } as const;
    await ca.revocations.order({ document, at });
    await postLetter(trx, { ...tidingsLetter(application, 'revoked', parts.settings.url), at });
  });
  parts.sendLetters();
}
