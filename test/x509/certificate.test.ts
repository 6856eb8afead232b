import { beforeAll, describe, expect, it } from 'vitest';
import { readCertificate, readTbsCertificate, verifyCertificate } from '../../ca-core/x509/certificate.ts';
import { bitString, concat, explicit, generalizedTime, integer, sequence, type Der } from '../../ca-core/x509/der.ts';
import { signatureAlgorithmDer } from '../../ca-core/x509/signed.ts';
import { encodeSerialNumber, encodeTbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import * as support from '../support/certificates.ts';
import { refusalOf } from '../support/refusal.ts';

let chain: Awaited<ReturnType<typeof support.aChain>>;
beforeAll(async () => {
  chain = await support.aChain();
});

const version = explicit(0, integer(2));
const validity = sequence(generalizedTime(2_600_000_000), generalizedTime(2_700_000_000));

describe('a certificate', () => {
  it('is read field for field', () => {
    const certificate = readCertificate(chain.subscriber);
    expect(certificate).toMatchObject({
      serialNumber: '80f1e2d3c4b5a69788796a5b4c3d2e1f',
      signatureAlgorithm: 'ecdsa-with-SHA384',
      issuer: support.rootName,
      subject: support.subscriberName,
      notBefore: support.notBefore,
      notAfter: support.notAfter,
      subjectPublicKeyInfo: chain.spki,
    });
    expect(certificate.extensions.get(oids.keyUsage)?.critical).toBe(true);
    expect(certificate.extensions.get(oids.extendedKeyUsage)?.critical).toBe(false);
    expect(readTbsCertificate(certificate.tbs).extensions).toEqual(certificate.extensions);
  });

  it('verifies under its issuer alone, and not when spoiled', () => {
    const certificate = readCertificate(chain.subscriber);
    expect(verifyCertificate(certificate, chain.rootKey.publicKey)).toBe(true);
    expect(verifyCertificate(certificate, chain.spki)).toBe(false);
    expect(verifyCertificate(certificate, Uint8Array.of(1))).toBe(false);
    const spoiled = { ...certificate, tbs: concat(certificate.tbs.with(20, 0)) };
    expect(verifyCertificate(spoiled, chain.rootKey.publicKey)).toBe(false);
  });

  it('is refused with trailing octets, a second algorithm, or a doubled extension', () => {
    const { tbs, signature } = readCertificate(chain.subscriber);
    const base = support.subscriberTbs(chain.rootKey, chain.spki);
    const algorithm = signatureAlgorithmDer('ecdsa-with-SHA384');
    const doubled = encodeTbsCertificate({ ...base, extensions: [...base.extensions, ...base.extensions] });
    const refused = [
      concat(chain.subscriber, Uint8Array.of(0)),
      sequence(tbs, signatureAlgorithmDer('ecdsa-with-SHA256'), bitString(signature)),
      sequence(doubled, algorithm, bitString(signature)),
      sequence(encodeTbsCertificate({ ...base, extensions: [] }), algorithm, bitString(signature)),
    ];
    expect(refused.map(der => refusalOf(() => readCertificate(der))?.code)).toEqual(refused.map(() => 'derMalformed'));
  });

  it('is refused with another version, a serial number that is not positive, or the wrong form of time', () => {
    const tbsWith = (first: Der, serialNumber: Der, times: Der): Der => {
      const { issuer, subject, subjectPublicKeyInfo, extensions } = support.subscriberTbs(chain.rootKey, chain.spki);
      const algorithm = signatureAlgorithmDer('ecdsa-with-SHA384');
      const rest = [subject, subjectPublicKeyInfo, explicit(3, sequence(...extensions))];
      return sequence(first, serialNumber, algorithm, issuer, times, ...rest);
    };
    const early = sequence(generalizedTime(1_000_000_000), generalizedTime(2_700_000_000));
    expect(readTbsCertificate(tbsWith(version, integer(1), validity)).notAfter).toBe(2_700_000_000);
    const refused = [
      tbsWith(explicit(0, integer(1)), integer(1), validity),
      tbsWith(version, integer(0), validity),
      tbsWith(version, integer(-5), validity),
      tbsWith(version, integer(1n << 160n), validity),
      tbsWith(version, integer(1), early),
    ];
    expect(refused.map(tbs => refusalOf(() => readTbsCertificate(tbs))?.code)).toEqual(
      refused.map(() => 'derMalformed'),
    );
  });

  it('never gets a serial number of nought or of more than 20 octets', () => {
    expect(() => encodeSerialNumber('00')).toThrow(RangeError);
    expect(() => encodeSerialNumber('')).toThrow(RangeError);
    expect(() => encodeSerialNumber(`80${'00'.repeat(19)}`)).toThrow(RangeError);
    expect(encodeSerialNumber(`7f${'ff'.repeat(19)}`)).toHaveLength(22);
  });
});
