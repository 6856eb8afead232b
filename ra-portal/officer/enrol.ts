import { PkiError } from '../../ca-core/errors.ts';
import { checkCredentialKey, fingerprintOf, type Invitation } from '../../ca-core/index.ts';
import { readBy, z } from '../../ca-core/schema.ts';
import type { PortalParts } from '../parts.ts';

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

/** Throws invitationUnknown unless it is open. */
export async function openInvitation({ ca, clock }: PortalParts, id: string): Promise<Invitation> {
  const invitation = await ca.enrolments.invitation(id);
  if (invitation === undefined || invitation.closedAt !== null || invitation.expiresAt < clock.now()) {
    throw new PkiError('invitationUnknown');
  }
  return invitation;
}

/**
 * Keeps a sign-in passkey for the operator to confirm; only the console, which knows the link's secret, can check the
 * MAC. Returns the key's fingerprint. Throws invitationUnknown, enrolmentInvalid, fieldInvalid, assertionInvalid.
 */
export async function enrolSignIn(parts: PortalParts, invitationId: string, body: unknown): Promise<string> {
  await openInvitation(parts, invitationId);
  const passkey = readBy(newPasskey, body, 'fieldInvalid');
  checkCredentialKey(passkey.publicKey);
  await parts.ca.enrolments.add({ ...passkey, invitationId, use: 'signIn', at: parts.clock.now() });
  return fingerprintOf(passkey.publicKey);
}
