import { checkCredentialKey, fingerprintOf, type Invitation } from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';
import { readBy, z } from '../ca-core/schema.ts';
import type { DeskGround } from './ground.ts';

/** No character that draws nothing or turns others round: the operator compares these by eye. */
const plainText = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .regex(/^[^\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]+$/u);

const newPasskey = z.strictObject({
  credentialId: z
    .string()
    .min(8)
    .max(1400)
    .regex(/^[A-Za-z0-9_-]+$/),
  publicKey: z
    .string()
    .max(4096)
    .regex(/^([0-9a-f]{2})+$/),
  name: plainText,
  mailbox: plainText.regex(/^[^\s@]+@[^\s@]+$/),
  mac: z.string().regex(/^[0-9a-f]{64}$/),
});

export interface RegisteredPasskey {
  readonly credentialId: string;
  readonly fingerprint: string;
}

/** The invitation, still open. Throws invitationUnknown. */
export async function openInvitation({ store, clock }: DeskGround, id: string): Promise<Invitation> {
  const invitation = await store.enrolments.invitation(id);
  if (invitation === undefined || invitation.closedAt !== null || invitation.expiresAt < clock.now()) {
    throw new PkiError('invitationUnknown');
  }
  return invitation;
}

/** The approval passkeys that came in under an invitation, believed or not. */
export async function registeredPasskeys(
  { store }: DeskGround,
  invitationId: string,
): Promise<readonly RegisteredPasskey[]> {
  const enrolments = await store.enrolments.of(invitationId);
  return enrolments
    .filter(({ use }) => use === 'approve')
    .map(({ credentialId, publicKey }) => ({ credentialId, fingerprint: fingerprintOf(publicKey) }));
}

/**
 * Keeps an approval passkey for the operator to confirm: only the console, which knows the link's secret, can check
 * the MAC. Throws invitationUnknown, enrolmentInvalid, fieldInvalid, assertionInvalid {reason: 'key'}.
 */
export async function enrol(ground: DeskGround, invitationId: string, body: unknown): Promise<RegisteredPasskey> {
  await openInvitation(ground, invitationId);
  const passkey = readBy(newPasskey, body, 'fieldInvalid');
  checkCredentialKey(passkey.publicKey);
  await ground.store.enrolments.add({ ...passkey, invitationId, use: 'approve', at: ground.clock.now() });
  return { credentialId: passkey.credentialId, fingerprint: fingerprintOf(passkey.publicKey) };
}
