import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent, openStore, signaturesNeeded, type Store } from '../../ca-core/index.ts';
import { tidingsLetter } from '../mail/letters.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication, keepApplication } from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { postLetter } from '../store/letters.ts';
import { chainOf } from './certificate-files.ts';

/** What the browser needs to open the key and build the PKCS#12. */
export interface PickedUp {
  /** HPKE: enc ‖ ciphertext, hex. */
  readonly sealedKey: string;
  readonly caseId: string;
  /** SHA-256 of the case document that was signed, hex; the sealed key opens only with it. */
  readonly caseDigest: string;
  /** DER, base64. */
  readonly certificate: string;
  /** Issuing CA, then root, DER in base64. */
  readonly chain: readonly string[];
}

/** Hands the sealed key out once and erases it. Throws applicationUnknown, notYetIssued, alreadyPickedUp {at}. */
export async function takeKey(parts: PortalParts, caseId: string): Promise<PickedUp> {
  const { database, clock, settings } = parts;
  const at = clock.now();
  const pickedUp = await inOneStep(database, async trx => {
    const ca = openStore(trx);
    const application = await findApplication(trx, caseId);
    if (application === null) throw new PkiError('applicationUnknown');
    if (application.subjectKey.from !== 'server') throw new PkiError('applicationState', { state: application.state });
    const certificate = await ca.certificates.ofCase(caseId);
    const caseDigest = await signedDigestOf(ca, caseId);
    if (certificate === undefined || caseDigest === null) throw new PkiError('notYetIssued');
    const sealedKey = await ca.deliveries.take(caseId, at);
    await keepApplication(trx, { ...application, state: 'delivered', changedAt: at });
    await postLetter(trx, { ...tidingsLetter(application, 'pickedUp', settings.url), at });
    return {
      sealedKey: Buffer.from(sealedKey).toString('hex'),
      caseId,
      caseDigest,
      certificate: Buffer.from(certificate.certificate).toString('base64'),
      chain: (await chainOf(ca, certificate.issuer)).map(der => Buffer.from(der).toString('base64')),
    };
  });
  parts.sendLetters();
  return pickedUp;
}

/** The one document about a case that has all its signatures. */
async function signedDigestOf(ca: Store, caseId: string): Promise<string | null> {
  for (const { digest } of await ca.documents.about('case', caseId)) {
    if ((await ca.approvals.of(digest)).length >= signaturesNeeded.case) return digest;
  }
  return null;
}

/** The holder of a key of their own has fetched the certificate. */
export async function noteFetched({ database, clock }: PortalParts, caseId: string): Promise<void> {
  const at = clock.now();
  await inOneStep(database, async trx => {
    const application = await findApplication(trx, caseId);
    if (application?.subjectKey.from !== 'csr' || application.state === 'delivered') return;
    await keepApplication(trx, { ...application, state: 'delivered', changedAt: at });
    await noteEvent(trx, {
      at,
      service: 'ra-portal',
      action: 'certificate.fetched',
      actor: 'subscriber',
      subject: caseId,
      details: {},
    });
  });
}
