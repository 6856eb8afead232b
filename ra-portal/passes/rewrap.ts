/**
 * A certificate on a new card. Nobody but the subscriber has the key any more: they open their PKCS#12 by themselves,
 * and show by a signature that they did. Nothing of the old card is needed, and nothing of it comes back.
 */
import { X509Certificate, verify } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import { foldMailbox } from '../people/accounts.ts';
import { findApplication } from '../store/applications.ts';
import { passesOf } from '../store/passes.ts';
import { noteCardEvent } from './known-card.ts';
import { makePass, provedCard } from './open-passes.ts';
import type { CardProof } from './prove-card.ts';

export interface Rewrapping {
  readonly idm: string;
  readonly proof: CardProof;
  readonly serialNumber: string;
  /** By the certificate's key, SHA-256, over rewrapMessage: ECDSA as Ecdsa-Sig-Value, RSA as PKCS#1 v1.5; hex. */
  readonly signature: string;
}

/** What the subscriber's key signs. */
export const rewrapMessage = ({ idm, serialNumber, nonce }: { idm: string; serialNumber: string; nonce: string }) =>
  Buffer.from(['kakuin/rewrap/v1', idm, serialNumber, nonce].join('\n'));

/** The case that the card holds from now on. Throws cardUnproven, cardState, certificateUnknown, certificateRevoked. */
export async function rewrap(parts: PortalParts, { idm, proof, serialNumber, signature }: Rewrapping): Promise<string> {
  const card = await provedCard(parts, idm, { ...proof, purpose: 'rewrap' });
  const certificate = await parts.ca.certificates.withSerialNumber(serialNumber);
  const caseId = certificate?.caseId ?? null;
  const application = caseId === null ? null : await findApplication(parts.database, caseId);
  const isTheirs = application !== null && foldMailbox(application.claim.mailbox) === card.holder.mailbox;
  if (certificate === undefined || caseId === null || !isTheirs) throw new PkiError('certificateUnknown');
  const status = await parts.ca.status.of(certificate.issuer, serialNumber);
  if (status?.status === 'revoked') throw new PkiError('certificateRevoked');
  const message = rewrapMessage({ idm, serialNumber, nonce: proof.nonce });
  const { publicKey } = new X509Certificate(certificate.certificate);
  if (!verify('sha256', message, publicKey, Buffer.from(signature, 'hex'))) throw new PkiError('cardUnproven');
  const known = (await passesOf(parts.database, idm)).some(pass => pass.caseId === caseId);
  if (!known) await makePass(parts, card, caseId);
  await noteCardEvent(parts, { action: 'proved', actor: 'subscriber', idm, details: { rewrapped: serialNumber } });
  return caseId;
}
