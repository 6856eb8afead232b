/** What both pages of a one-time link do with a passkey that a browser registered; the console judges it later. */
import { checkCredentialKey } from './approvals/assertion.ts';
import type { Credential } from './approvals/documents.ts';
import { fingerprintOf } from './approvals/enrolment-mac.ts';
import type { UnixTime } from './clock.ts';
import { PkiError } from './errors.ts';
import { newPasskey } from './new-passkey.ts';
import { readBy, z } from './schema.ts';
import type { Invitation } from './store/enrolments.ts';
import type { Store } from './store/store.ts';

/** No character that draws nothing or turns others round: the operator compares these by eye. */
const plainText = z
  .string()
  .trim()
  .min(1)
  .max(255)
  .regex(/^[^\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]+$/u);

const registration = newPasskey.extend({
  name: plainText,
  mailbox: plainText.regex(/^[^\s@]+@[^\s@]+$/),
  mac: z.string().regex(/^[0-9a-f]{64}$/),
});

export interface RegisteredPasskey {
  readonly credentialId: string;
  readonly fingerprint: string;
}

/** The invitation, still open. Throws invitationUnknown. */
export async function openInvitation(store: Store, id: string, now: UnixTime): Promise<Invitation> {
  const invitation = await store.enrolments.invitation(id);
  if (invitation === undefined || invitation.closedAt !== null || invitation.expiresAt < now) {
    throw new PkiError('invitationUnknown');
  }
  return invitation;
}

export interface Registration {
  readonly invitationId: string;
  readonly use: Credential['use'];
  /** What the browser sent: {credentialId, publicKey, name, mailbox, mac}. */
  readonly body: unknown;
  readonly at: UnixTime;
}

/**
 * Keeps a passkey for the operator to confirm: only the console, which knows the link's secret, can check the MAC.
 * Throws invitationUnknown, enrolmentInvalid, fieldInvalid, assertionInvalid {reason: 'key'}.
 */
export async function registerPasskey(
  store: Store,
  { invitationId, use, body, at }: Registration,
): Promise<RegisteredPasskey> {
  await openInvitation(store, invitationId, at);
  const passkey = readBy(registration, body, 'fieldInvalid');
  checkCredentialKey(passkey.publicKey);
  await store.enrolments.add({ ...passkey, invitationId, use, at });
  return { credentialId: passkey.credentialId, fingerprint: fingerprintOf(passkey.publicKey) };
}
