/** How a CertID names its issuer (RFC 6960 §4.1.1): hashes of the issuer's Name and of its public key bits. */
import { createHash } from 'node:crypto';
import { childrenOf, readBits, readDer } from './der-reader.ts';
import { concat, fromHex, integerFromBytes, nullValue, octetString, oid, sequence, type Der } from './der.ts';
import { oids } from './oids.ts';

const hashAlgorithms = ['sha1', 'sha256', 'sha384', 'sha512'] as const;

/**
 * Every way in which a CertID can begin that names this issuer: for each hash function, with NULL parameters and with
 * none. Each is the content of the CertID up to its serial number.
 */
export function issuerForms(issuer: {
  readonly subject: Uint8Array;
  readonly subjectPublicKeyInfo: Uint8Array;
}): Der[] {
  const [, publicKey] = childrenOf(readDer(issuer.subjectPublicKeyInfo), 2);
  const keyBits = publicKey === undefined ? new Uint8Array(0) : readBits(publicKey).bytes;
  return hashAlgorithms.flatMap(algorithm => {
    const nameHash = octetString(createHash(algorithm).update(issuer.subject).digest());
    const keyHash = octetString(createHash(algorithm).update(keyBits).digest());
    const identifiers = [sequence(oid(oids[algorithm]), nullValue()), sequence(oid(oids[algorithm]))];
    return identifiers.map(identifier => concat(identifier, nameHash, keyHash));
  });
}

/** The whole CertID (§4.1.1) that names this certificate in the given form; `serialNumber` in hex. */
export function encodeCertId(form: Uint8Array, serialNumber: string): Der {
  return sequence(form, integerFromBytes(fromHex(serialNumber)));
}
