/** A responder with two certificates of its CA, of which one is good, and what is asked about that one. */
import type { Certificate } from '../../../ca-core/x509/certificate.ts';
import { integer, octetString, oid, sequence, type Der } from '../../../ca-core/x509/der.ts';
import { readOcspRequest } from '../../../ca-core/x509/ocsp-request.ts';
import { oids } from '../../../ca-core/x509/oids.ts';
import { aResponderRig, good, opensslRequest, revoked, type ResponderRig } from '../../support/ocsp.ts';

export interface Rfc6960Ground {
  readonly rig: ResponderRig;
  /** Good, before each test. */
  readonly leaf: Certificate;
  /** Never issued, as far as the responder knows. */
  readonly other: Certificate;
  /** A CertID of the good one, with these parameters after the hash's name; or with another serial number. */
  readonly certIdWith: (parameters: readonly Der[], serial?: Der) => Der;
}

export async function anRfc6960Ground(): Promise<Rfc6960Ground> {
  const rig = await aResponderRig();
  const leaf = await rig.pki.leaf('80a1b2c3d4e5f60718');
  const other = await rig.pki.leaf('7f');
  return {
    ...{ rig, leaf, other },
    certIdWith: (parameters, serial = integer(BigInt(`0x${leaf.serialNumber}`))) => {
      const [certId] = readOcspRequest(opensslRequest(rig.pki.issuing, [leaf])).certIds;
      if (certId === undefined) throw new Error('no CertID');
      const hashes = [octetString(certId.issuerNameHash), octetString(certId.issuerKeyHash)];
      return sequence(sequence(oid(oids.sha1), ...parameters), ...hashes, serial);
    },
  };
}

/** As each test begins: the one is good, nothing else is known. */
export function onlyLeafIsGood({ rig, leaf }: Rfc6960Ground): void {
  rig.statuses.clear();
  rig.statuses.set(leaf.serialNumber, good());
}

export const revokedFor = (
  { rig }: Rfc6960Ground,
  reason: 'keyCompromise' | 'certificateHold' | 'unspecified' | null = 'keyCompromise',
) => revoked(rig.clock.at - 3600, { reason });
