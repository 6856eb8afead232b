/** A root, an issuing CA, subscribers, OCSP signers and CRLs, made in memory with the product's own writers. */
import { createHash } from 'node:crypto';
import { readCertificate, type Certificate } from '../../ca-core/x509/certificate.ts';
import { encodeTbsCertList, type TbsCertListInput } from '../../ca-core/x509/crl.ts';
import type { CrlEntry } from '../../ca-core/x509/crl-entries.ts';
import type { Der } from '../../ca-core/x509/der.ts';
import * as extensions from '../../ca-core/x509/extensions.ts';
import { encodeName } from '../../ca-core/x509/name.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { keyIdentifier } from '../../ca-core/x509/public-key.ts';
import { signed, type SigningKey } from '../../ca-core/x509/signed.ts';
import { encodeTbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';
import { ecKey } from './certificates.ts';

export const realNow = (): number => Math.floor(Date.now() / 1000);
export const day = 86_400;

export interface SmallPki {
  readonly rootKey: SigningKey;
  readonly issuingKey: SigningKey;
  readonly root: Certificate;
  readonly issuing: Certificate;
  /** SHA-256 of the issuing CA's SubjectPublicKeyInfo, hex. */
  readonly ca: string;
  readonly rootId: string;
  /** Root and issuing certificate in PEM, for `-CAfile`. */
  readonly chain: string;
  readonly leaf: (serialNumber: string, notAfter?: number) => Promise<Certificate>;
  readonly signer: (publicKey: Der, change?: SignerChange) => Promise<Certificate>;
  readonly crl: (list: Partial<TbsCertListInput> & { readonly entries: readonly CrlEntry[] }) => Promise<Der>;
}

/** One thing spoiled about a signer's certificate. */
export interface SignerChange {
  readonly key?: SigningKey;
  readonly issuer?: Der;
  readonly days?: number;
  readonly startsIn?: number;
  readonly without?: 'nocheck' | 'OCSPSigning' | 'keyUsage';
}

const nameOf = (commonName: string): Der =>
  encodeName([
    { type: 'C', value: 'JP' },
    { type: 'O', value: '検査用認証局' },
    { type: 'CN', value: commonName },
  ]);

export const idOf = (certificate: Certificate): string =>
  createHash('sha256').update(certificate.subjectPublicKeyInfo).digest('hex');

export async function aSmallPki(): Promise<SmallPki> {
  const rootKey = ecKey('P-384').key;
  const issuingKey = ecKey().key;
  const ca = { signer: rootKey, issuer: nameOf('Small Root') };
  const root = await certificate({
    ...ca,
    subject: ca.issuer,
    key: rootKey.publicKey,
    serialNumber: '01',
    extensions: caExtensions(rootKey, rootKey),
  });
  const issuing = await certificate({
    ...ca,
    subject: nameOf('Small Issuing CA'),
    key: issuingKey.publicKey,
    serialNumber: '02',
    extensions: caExtensions(issuingKey, rootKey),
  });
  const from = { signer: issuingKey, issuer: issuing.subject };
  return {
    rootKey,
    issuingKey,
    root,
    issuing,
    ca: idOf(issuing),
    rootId: idOf(root),
    chain: encodePem('CERTIFICATE', root.der) + encodePem('CERTIFICATE', issuing.der),
    leaf: (serialNumber, notAfter) => {
      const key = ecKey().spki;
      const list = [
        extensions.authorityKeyIdentifier(keyIdentifier(issuingKey.publicKey)),
        extensions.endEntityBasicConstraints(),
        extensions.keyUsage(['digitalSignature']),
      ];
      return certificate({
        ...from,
        subject: nameOf(`Leaf ${serialNumber}`),
        key,
        serialNumber,
        extensions: list,
        ...(notAfter === undefined ? {} : { notAfter }),
      });
    },
    signer: (publicKey, change = {}) =>
      aSigner(
        { ...from, ...(change.key && { signer: change.key }), ...(change.issuer && { issuer: change.issuer }) },
        publicKey,
        change,
      ),
    crl: list => aCrl(list, issuing, issuingKey),
  };
}

export async function aCrl(
  list: Partial<TbsCertListInput> & { readonly entries: readonly CrlEntry[] },
  issuer: Certificate,
  key: SigningKey,
): Promise<Der> {
  const now = realNow();
  const authorityKeyIdentifier = keyIdentifier(key.publicKey);
  const usual = {
    issuer: issuer.subject,
    signatureAlgorithm: key.algorithm,
    thisUpdate: now,
    nextUpdate: now + 3 * day,
    crlNumber: 1n,
  };
  return signed(encodeTbsCertList({ ...usual, authorityKeyIdentifier, ...list }), key);
}

interface Making {
  readonly signer: SigningKey;
  readonly issuer: Der;
  readonly subject: Der;
  readonly key: Der;
  readonly serialNumber: string;
  readonly extensions: readonly Der[];
  readonly notBefore?: number;
  readonly notAfter?: number;
}

async function certificate(making: Making): Promise<Certificate> {
  const now = realNow();
  const { signer, key, ...fields } = making;
  const tbs = {
    notBefore: now - 2 * day,
    notAfter: now + 400 * day,
    signatureAlgorithm: signer.algorithm,
    ...fields,
    subjectPublicKeyInfo: key,
  };
  return readCertificate(await signed(encodeTbsCertificate(tbs), signer));
}

function caExtensions(key: SigningKey, issuer: SigningKey): Der[] {
  return [
    extensions.authorityKeyIdentifier(keyIdentifier(issuer.publicKey)),
    extensions.subjectKeyIdentifier(keyIdentifier(key.publicKey)),
    extensions.caBasicConstraints(),
    extensions.keyUsage([...(key === issuer ? (['digitalSignature'] as const) : []), 'keyCertSign', 'cRLSign']),
  ];
}

let signers = 0;

function aSigner(from: Pick<Making, 'signer' | 'issuer'>, key: Der, change: SignerChange): Promise<Certificate> {
  const notBefore = realNow() - 60 + (change.startsIn ?? 0);
  const list = [
    extensions.authorityKeyIdentifier(keyIdentifier(from.signer.publicKey)),
    extensions.endEntityBasicConstraints(),
    ...(change.without === 'keyUsage' ? [] : [extensions.keyUsage(['digitalSignature'])]),
    extensions.extendedKeyUsage([change.without === 'OCSPSigning' ? oids.clientAuth : oids.OCSPSigning]),
    ...(change.without === 'nocheck' ? [] : [extensions.ocspNocheck()]),
  ];
  const serialNumber = `5160${(++signers).toString(16).padStart(4, '0')}`;
  const life = { notBefore, notAfter: notBefore + (change.days ?? 7) * day - 1 };
  return certificate({
    ...from,
    ...life,
    subject: nameOf(`OCSP ${serialNumber}`),
    key,
    serialNumber,
    extensions: list,
  });
}
