import { PkiError } from '../../ca-core/errors.ts';
import { checkCredentialKey, newPasskey, noteEvent } from '../../ca-core/index.ts';
import { readBy } from '../../ca-core/schema.ts';
import type { PortalParts } from '../parts.ts';
import { inOneStep } from '../store/database.ts';
import { addPasskey, isPasskeyKnown, passkeysOf } from '../store/sign-in-means.ts';
import { hasRole, type Person } from './person.ts';

const mostPasskeys = 6;

/**
 * Another authenticator beside the ones there are. Only who came in by passkey may: a code or a certificate makes none.
 * Officers' stand on the roll. Throws notPermitted, enrolmentInvalid (known, or too many), fieldInvalid,
 * assertionInvalid {reason: 'key'}.
 */
export async function addOwnPasskey({ database, clock }: PortalParts, person: Person, body: unknown): Promise<void> {
  if (person.signedInBy !== 'passkey' || hasRole(person, 'officer')) throw new PkiError('notPermitted');
  const { credentialId, publicKey } = readBy(newPasskey, body, 'fieldInvalid');
  checkCredentialKey(publicKey);
  const at = clock.now();
  await inOneStep(database, async trx => {
    const isFull = (await passkeysOf(trx, person.id)).length >= mostPasskeys;
    if (isFull || (await isPasskeyKnown(trx, { credentialId, publicKey }))) throw new PkiError('enrolmentInvalid');
    await addPasskey(trx, { credentialId, personId: person.id, publicKey, createdAt: at });
    const event = { at, service: 'ra-portal', action: 'authenticator.enrolled', actor: person.id, subject: person.id };
    await noteEvent(trx, { ...event, details: { use: 'signIn' } });
  });
}
