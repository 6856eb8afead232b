/** The TBSCertList that pkijs encodes: what ours has to be, byte for byte. */
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { crlReasons, type CrlEntry } from '../../../ca-core/x509/crl-entries.ts';
import { oids } from '../../../ca-core/x509/oids.ts';
import { keyIdentifier } from '../../../ca-core/x509/public-key.ts';
import type { SmallPki } from '../../support/small-pki.ts';
import { now } from './rfc5280-crl-ground.ts';

class ReferenceList extends pkijs.CertificateRevocationList {
  tbsBytes(): ArrayBuffer {
    return this.encodeTBS().toBER();
  }
}

/** Of one day from now on. */
export function referenceTbs(pki: SmallPki, entries: readonly CrlEntry[], crlNumber: bigint): Buffer {
  const crl = new ReferenceList({
    version: 1,
    signature: new pkijs.AlgorithmIdentifier({ algorithmId: oids['ecdsa-with-SHA256'] }),
    issuer: new pkijs.RelativeDistinguishedNames({ schema: asn1js.fromBER(pki.issuing.subject).result }),
    thisUpdate: utcTime(now),
    nextUpdate: utcTime(now + 86_400),
    crlExtensions: new pkijs.Extensions({
      extensions: [
        new pkijs.Extension({
          extnID: oids.authorityKeyIdentifier,
          extnValue: new pkijs.AuthorityKeyIdentifier({
            keyIdentifier: new asn1js.OctetString({ valueHex: keyIdentifier(pki.issuingKey.publicKey) }),
          })
            .toSchema()
            .toBER(),
        }),
        new pkijs.Extension({ extnID: oids.cRLNumber, extnValue: asn1js.Integer.fromBigInt(crlNumber).toBER() }),
      ],
    }),
  });
  if (entries.length > 0) crl.revokedCertificates = entries.map(referenceEntry);
  return Buffer.from(crl.tbsBytes());
}

function referenceEntry({ serialNumber, revokedAt, reason }: CrlEntry): pkijs.RevokedCertificate {
  const revoked = new pkijs.RevokedCertificate({
    userCertificate: asn1js.Integer.fromBigInt(BigInt(`0x${serialNumber}`)),
    revocationDate: utcTime(revokedAt),
  });
  if (reason !== null) {
    const extnValue = new asn1js.Enumerated({ value: crlReasons[reason] }).toBER();
    const extensions = [new pkijs.Extension({ extnID: oids.reasonCode, extnValue })];
    revoked.crlEntryExtensions = new pkijs.Extensions({ extensions });
  }
  return revoked;
}

const utcTime = (time: number): pkijs.Time =>
  new pkijs.Time({ type: pkijs.TimeType.UTCTime, value: new Date(time * 1000) });
