/** A root, and certificates under it, made with the parts under test; OpenSSL judges them. */
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { signingKeyOf } from '../../ca-core/keys/software-key.ts';
import { concat, type Der } from '../../ca-core/x509/der.ts';
import * as extensions from '../../ca-core/x509/extensions.ts';
import { encodeGeneralNames } from '../../ca-core/x509/general-names.ts';
import { encodeName } from '../../ca-core/x509/name.ts';
import { keyIdentifier } from '../../ca-core/x509/public-key.ts';
import { signed, type SigningKey } from '../../ca-core/x509/signed.ts';
import { encodeTbsCertificate, type TbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';

export const notBefore = 1_767_225_600;
export const notAfter = notBefore + 365 * 86_400 - 1;
export const robinsUrl = 'OU2-https://robins.jipdec.or.jp/Key.do?9999999999999999&J=1';

export const rootName = encodeName([
  { type: 'C', value: 'JP' },
  { type: 'O', value: '検査用認証局' },
  { type: 'CN', value: 'Test Root' },
]);
export const subscriberName = encodeName([
  { type: 'C', value: 'JP' },
  { type: 'ST', value: 'Tokyo' },
  { type: 'L', value: 'Minato' },
  { type: 'O', value: 'Example K.K.' },
  { type: 'OU', value: '1.2.392.200063.80.1.1' },
  { type: 'OU', value: robinsUrl },
  { type: 'CN', value: 'BN-Otaishi Akira' },
]);

export function ecKey(namedCurve = 'P-256'): { privateKey: KeyObject; spki: Der; pkcs8: Der; key: SigningKey } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  return {
    privateKey,
    spki: concat(publicKey.export({ format: 'der', type: 'spki' })),
    pkcs8: concat(privateKey.export({ format: 'der', type: 'pkcs8' })),
    key: signingKeyOf(privateKey, namedCurve === 'P-384' ? 'p-384' : 'p-256'),
  };
}

export function rootTbs(key: SigningKey): TbsCertificate {
  const identifier = keyIdentifier(key.publicKey);
  return {
    serialNumber: '01',
    signatureAlgorithm: key.algorithm,
    issuer: rootName,
    subject: rootName,
    notBefore,
    notAfter: 2_556_143_999,
    subjectPublicKeyInfo: key.publicKey,
    extensions: [
      extensions.caBasicConstraints(),
      extensions.keyUsage(['keyCertSign', 'cRLSign']),
      extensions.subjectKeyIdentifier(identifier),
    ],
  };
}

export function subscriberTbs(issuerKey: SigningKey, subjectPublicKeyInfo: Der): TbsCertificate {
  return {
    serialNumber: '80f1e2d3c4b5a69788796a5b4c3d2e1f',
    signatureAlgorithm: issuerKey.algorithm,
    issuer: rootName,
    subject: subscriberName,
    notBefore,
    notAfter,
    subjectPublicKeyInfo,
    extensions: [
      extensions.authorityKeyIdentifier(keyIdentifier(issuerKey.publicKey)),
      extensions.subjectKeyIdentifier(keyIdentifier(subjectPublicKeyInfo)),
      extensions.endEntityBasicConstraints(),
      extensions.keyUsage(['digitalSignature', 'nonRepudiation', 'keyAgreement']),
      extensions.extendedKeyUsage(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.4']),
      extensions.subjectAltName(encodeGeneralNames({ rfc822Names: ['otaishi-akira@example.jp'] })),
      extensions.certificatePolicies([{ oid: '1.2.392.200063.30.5300', cpsUri: 'https://example.jp/cps' }]),
      extensions.authorityInfoAccess({ ocsp: 'http://o.example.jp/', caIssuers: 'http://c.example.jp/ca/root.cer' }),
      extensions.crlDistributionPoints(['http://c.example.jp/crl/0.crl']),
    ],
  };
}

export async function aChain(): Promise<{ root: Der; subscriber: Der; rootKey: SigningKey; pkcs8: Der; spki: Der }> {
  const rootKey = ecKey('P-384').key;
  const { spki, pkcs8 } = ecKey();
  const root = await signed(encodeTbsCertificate(rootTbs(rootKey)), rootKey);
  const subscriber = await signed(encodeTbsCertificate(subscriberTbs(rootKey, spki)), rootKey);
  return { root, subscriber, rootKey, pkcs8, spki };
}
