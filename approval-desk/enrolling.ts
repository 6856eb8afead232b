import { fingerprintOf, type RegisteredPasskey } from '../ca-core/index.ts';
import type { DeskGround } from './ground.ts';

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
