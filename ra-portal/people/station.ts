/** An issuing station comes with a client certificate of the very key that the signed roll has for it. */
import { PkiError } from '../../ca-core/errors.ts';
import { readCertificate, toHex, type Store } from '../../ca-core/index.ts';
import type { Person } from './person.ts';

/**
 * Who signed the certificate and how long it lasts count for nothing: the proxy saw the proof of possession in TLS, and
 * the officers of the roll put the key there and take it away. Null where no station has this key.
 */
export async function stationBehind(ca: Store, der: Uint8Array): Promise<Person | null> {
  const key = keyOf(der);
  const current = await ca.rolls.current();
  const station = (current?.roll.members ?? []).find(
    ({ role, credentials }) => role === 'station' && credentials.some(({ publicKey }) => publicKey === key),
  );
  if (key === null || station === undefined) return null;
  const { id, name, mailbox } = station;
  return { id, roles: ['station'], name, mailbox, organisation: null, signedInBy: 'certificate' };
}

/** DER SubjectPublicKeyInfo, hex; null for what is no certificate. */
function keyOf(der: Uint8Array): string | null {
  try {
    return toHex(readCertificate(der).subjectPublicKeyInfo);
  } catch (error) {
    if (error instanceof PkiError) return null;
    throw error;
  }
}
