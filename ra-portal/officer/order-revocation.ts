import { PkiError } from '../../ca-core/errors.ts';
import { noteRevocationWish, openStore } from '../../ca-core/index.ts';
import { readReason } from '../applications/revoke.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { inOneStep } from '../store/database.ts';

/** Writes down a revocation for one officer to sign and returns the document's digest. Throws certificateUnknown, alreadyRevoked, reasonNotAllowed. */
export async function makeRevocationDocument(
  parts: PortalParts,
  officer: Person,
  wish: { serialNumber: string; reason: unknown },
): Promise<string> {
  const at = parts.clock.now();
  return inOneStep(parts.database, async trx => {
    const ca = openStore(trx);
    const certificate = await ca.certificates.withSerialNumber(wish.serialNumber);
    if (certificate === undefined) throw new PkiError('certificateUnknown');
    const { issuer, serialNumber, profile } = certificate;
    const reason = readReason(parts, profile, wish.reason);
    const status = await ca.status.of(issuer, serialNumber);
    if (status?.status === 'revoked' && status.reason !== 'certificateHold') throw new PkiError('alreadyRevoked');
    const document = { kind: 'revocation', version: 1, ca: issuer, serialNumber, reason } as const;
    const digest = await ca.documents.put({ ...document, invalidityDate: null, requestedAt: at }, at);
    await noteRevocationWish(trx, {
      at,
      service: 'ra-portal',
      action: 'revocationDocument.made',
      actor: officer.id,
      subject: serialNumber,
      details: { reason, digest },
    });
    return digest;
  });
}

/** Writes down a release from hold for two officers to sign and returns the document's digest. Throws certificateUnknown, notOnHold. */
export async function makeReleaseDocument(parts: PortalParts, officer: Person, wished: string): Promise<string> {
  const at = parts.clock.now();
  return inOneStep(parts.database, async trx => {
    const ca = openStore(trx);
    const certificate = await ca.certificates.withSerialNumber(wished);
    if (certificate === undefined) throw new PkiError('certificateUnknown');
    const { issuer, serialNumber } = certificate;
    const status = await ca.status.of(issuer, serialNumber);
    if (status?.status !== 'revoked' || status.reason !== 'certificateHold') throw new PkiError('notOnHold');
    const digest = await ca.documents.put(
      { kind: 'release', version: 1, ca: issuer, serialNumber, requestedAt: at },
      at,
    );
    await noteRevocationWish(trx, {
      at,
      service: 'ra-portal',
      action: 'releaseDocument.made',
      actor: officer.id,
      subject: serialNumber,
      details: { digest },
    });
    return digest;
  });
}
