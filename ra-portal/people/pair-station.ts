/** An issuing station brings its key under a one-time code; the console and two officers decide whether it counts. */
import { PkiError } from '../../ca-core/errors.ts';
import {
  fingerprintOf,
  fromHex,
  keyIdentifier,
  readCertificationRequest,
  readPublicKey,
  toHex,
} from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';

/** What the station sends. Its name is the invitation's own. */
export interface Pairing {
  /** Made of the code: whoever names it has the code (ca-core/pairing-code.ts). */
  readonly invitationId: string;
  /** PKCS#10, DER, hex: the key and the proof that the station holds it. */
  readonly certificationRequest: string;
  readonly name: string;
  readonly mailbox: string;
  /** HMAC-SHA-256 by the code's secret, hex: the console checks it. */
  readonly mac: string;
}

export interface PairedStation {
  readonly memberId: string;
  /** Of its key: compared at the console. */
  readonly fingerprint: string;
}

/**
 * The same key again is answered the same. Throws pairingCodeWrong, pairingCodeExpired, pairingCodeUsed, csrMalformed,
 * csrSignatureInvalid, keyUnacceptable (not P-256).
 */
export async function pairStation(
  { ca, clock }: Pick<PortalParts, 'ca' | 'clock'>,
  { certificationRequest, ...claim }: Pairing,
): Promise<PairedStation> {
  const { invitationId } = claim;
  const at = clock.now();
  const invitation = await ca.enrolments.invitation(invitationId);
  if (invitation?.role !== 'station') throw new PkiError('pairingCodeWrong');
  if (invitation.closedAt === null && invitation.expiresAt < at) throw new PkiError('pairingCodeExpired');
  const publicKey = keyIn(certificationRequest);
  const { memberId } = invitation;
  const paired = { memberId, fingerprint: fingerprintOf(publicKey) };
  const [before] = await ca.enrolments.of(invitationId);
  if (before?.publicKey === publicKey) return paired;
  if (before !== undefined || invitation.closedAt !== null) throw new PkiError('pairingCodeUsed');
  await ca.enrolments.add({ ...claim, publicKey, credentialId: credentialIdOf(publicKey), use: 'signIn', at });
  return paired;
}

/** What stands on the roll beside a key that no authenticator named. */
const credentialIdOf = (publicKey: string): string =>
  Buffer.from(keyIdentifier(fromHex(publicKey))).toString('base64url');

function keyIn(certificationRequest: string): string {
  const { subjectPublicKeyInfo } = readCertificationRequest(fromHex(certificationRequest));
  const { algorithm } = readPublicKey(subjectPublicKeyInfo);
  if (algorithm !== 'p-256') throw new PkiError('keyUnacceptable', { reason: `${algorithm} is not for stations` });
  return toHex(subjectPublicKeyInfo);
}
