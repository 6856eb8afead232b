/** Coming onto the roll: a one-time code, a key of its own, and then the console and two officers. */
import { enrolmentMac } from '../../ca-core/approvals/enrolment-mac.ts';
import type { Clock } from '../../ca-core/clock.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { readPairingCode } from '../../ca-core/pairing-code.ts';
import { readBy, z } from '../../ca-core/schema.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { keyIdentifier } from '../../ca-core/x509/public-key.ts';
import { encodeBareRequest } from '../bare-request.ts';
import { openPortalClient, type PortalAddress } from '../portal/client.ts';
import { ownCertificate } from './own-certificate.ts';
import { ownKey } from './own-key.ts';
import { keepStanding, makeStationHome, type OpenStation } from './station-home.ts';

export interface PairingWish {
  readonly home: string;
  readonly passphrase: string;
  readonly portal: Pick<PortalAddress, 'url' | 'trust'>;
  /** However it was typed. */
  readonly code: string;
  /** As it will stand on the roll: of the station, and of whoever runs it. */
  readonly name: string;
  readonly mailbox: string;
}

export interface Paired {
  readonly memberId: string;
  /** What is compared with the console's. */
  readonly fingerprint: string;
}

const answer = z.strictObject({ memberId: z.string(), fingerprint: z.string() });

/**
 * The same code may be tried again with the same key, after an answer was lost. Nothing but the key is kept before the
 * portal has taken it. Throws pairingCodeMistyped, what the portal refuses, portalUnreachable, passphraseWrong.
 */
export async function pair(wish: PairingWish, clock: Clock): Promise<Paired> {
  const { invitationId, secret } = readPairingCode(wish.code);
  makeStationHome(wish.home);
  const { signing } = await ownKey(wish.home, wish.passphrase);
  const publicKey = toHex(signing.publicKey);
  const { name, mailbox } = { name: wish.name.trim(), mailbox: wish.mailbox.trim() };
  const claim = { invitationId, credentialId: credentialIdOf(signing.publicKey), publicKey, name, mailbox } as const;
  const mac = enrolmentMac(secret, { ...claim, use: 'signIn' });
  const certificationRequest = toHex(await encodeBareRequest(signing));
  const body = { invitationId, certificationRequest, name, mailbox, mac };
  const said = await openPortalClient(wish.portal).post('/api/v1/station-pairings', body);
  const { memberId, fingerprint } = readBy<Paired>(answer, said, 'documentMalformed');
  const certificate = await ownCertificate(signing, memberId, clock.now());
  const { url: portalUrl, trust = null } = wish.portal;
  keepStanding(wish.home, { portalUrl, memberId, name, certificate, trust });
  return { memberId, fingerprint };
}

/** base64url; the portal makes the same one of the key. */
const credentialIdOf = (publicKey: Uint8Array): string => Buffer.from(keyIdentifier(publicKey)).toString('base64url');

/** Whether two officers have signed. Throws portalUnreachable, and what the portal refuses but for that. */
export async function isOnRoll({ portal }: Pick<OpenStation, 'portal'>): Promise<boolean> {
  try {
    await portal.get('/api/v1/station');
    return true;
  } catch (error) {
    const isUnknown = error instanceof PkiError && unknown.has(error.code);
    if (isUnknown) return false;
    throw error;
  }
}

const unknown: ReadonlySet<string> = new Set(['credentialsRefused', 'certificateForeign', 'certificateUnbound']);
