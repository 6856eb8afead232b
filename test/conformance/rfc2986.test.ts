import 'reflect-metadata';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readCertificationRequest } from '../../ca-core/x509/certification-request.ts';
import {
  bitString,
  concat,
  explicit,
  implicit,
  integer,
  nullValue,
  oid,
  sequence,
  set,
} from '../../ca-core/x509/der.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { ecKey, subscriberName } from '../support/certificates.ts';
import { openssl, opensslBytes } from '../support/openssl.ts';
import { refusalOf } from '../support/refusal.ts';

const pemOf = (key: KeyObject): string => key.export({ format: 'pem', type: 'pkcs8' }).toString();
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const p256 = ecKey();
const request = (key: KeyObject, ...options: string[]): Buffer =>
  opensslBytes(['req', '-new', '-key', 'k', '-subj', '/CN=x', '-outform', 'DER', ...options], { k: pemOf(key) });

const noAttributes = implicit(0, set());
const ecdsaWithSha256 = sequence(oid(oids['ecdsa-with-SHA256']));

function madeOf(parts: readonly Uint8Array[], algorithm = ecdsaWithSha256): Uint8Array {
  const requested = sequence(...parts);
  return sequence(requested, algorithm, bitString(sign('sha256', requested, p256.privateKey)));
}
const codeOf = (csr: string | Uint8Array): string | undefined => refusalOf(() => readCertificationRequest(csr))?.code;

describe('§4.2 CertificationRequest', () => {
  it.each(['sha256', 'sha384', 'sha512'])('is accepted from OpenSSL with RSA and ECDSA over %s', hash => {
    for (const key of [rsa.privateKey, p256.privateKey, ecKey('P-384').privateKey]) {
      const der = request(key, `-${hash}`);
      expect(Buffer.from(readCertificationRequest(der).der)).toEqual(der);
    }
  });

  it('is read as DER, as PEM text and as a file that holds PEM', () => {
    const der = request(p256.privateKey);
    const pem = encodePem('CERTIFICATE REQUEST', der);
    expect(openssl(['req', '-noout', '-verify', '-in', 'r'], { r: pem })).toBe('');
    const forms = [
      der,
      pem,
      `\r\n${pem.replaceAll('\n', '\r\n')}`,
      Buffer.from(pem),
      pem.replaceAll('CERT', 'NEW CERT'),
    ];
    for (const form of forms) expect(readCertificationRequest(form).subjectPublicKeyInfo).toEqual(p256.spki);
  });

  it('gives the key that a second reader finds, and tells the extensions it asks for', async () => {
    const der = request(
      p256.privateKey,
      '-addext',
      'basicConstraints=critical,CA:TRUE',
      '-addext',
      'keyUsage=keyCertSign',
    );
    const read = readCertificationRequest(der);
    const second = new Pkcs10CertificateRequest(Uint8Array.from(der));
    expect(await second.verify()).toBe(true);
    expect(new Uint8Array(second.publicKey.rawData)).toEqual(read.subjectPublicKeyInfo);
    expect(Array.from(read.requestedExtensions.keys())).toEqual([oids.basicConstraints, oids.keyUsage]);
  });

  it('is refused broken', () => {
    const der = request(p256.privateKey);
    const pem = encodePem('CERTIFICATE REQUEST', der);
    const broken = [
      '',
      'not a request',
      encodePem('CERTIFICATE', der),
      encodePem('CERTIFICATE REQUEST', der.subarray(0, -1)),
      pem + pem,
      `${pem}trailing`,
      new Uint8Array(0),
      concat(der, Uint8Array.of(0)),
      der.subarray(1),
      new Uint8Array(20_000).fill(0x30),
    ];
    expect(broken.map(codeOf)).toEqual(broken.map(() => 'csrMalformed'));
  });

  it('is refused with a bad signature', () => {
    const der = request(p256.privateKey);
    const spoiled = der.with(der.length - 1, (der.at(-1) ?? 0) ^ 1);
    expect(codeOf(spoiled)).toBe('csrSignatureInvalid');
    expect(codeOf(madeOf([integer(0), subscriberName, ecKey().spki, noAttributes]))).toBe('csrSignatureInvalid');
  });

  it('is refused when its algorithm is weak or is not that of the key', () => {
    expect(codeOf(request(rsa.privateKey, '-sha1'))).toBe('csrSignatureInvalid');
    const rsaAlgorithm = sequence(oid(oids.sha256WithRSAEncryption), nullValue());
    const parts = [integer(0), subscriberName, p256.spki, noAttributes];
    expect(codeOf(madeOf(parts))).toBeUndefined();
    expect(codeOf(madeOf(parts, rsaAlgorithm))).toBe('csrSignatureInvalid');
    expect(codeOf(madeOf(parts, sequence(oid(oids['ecdsa-with-SHA256']), nullValue())))).toBe('csrSignatureInvalid');
  });

  it('is refused when its key is unfit', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 1024 });
    expect(codeOf(request(weak.privateKey))).toBe('keyUnacceptable');
    expect(codeOf(request(ecKey('secp256k1').privateKey))).toBe('keyUnacceptable');
  });
});

describe('§4.1 CertificationRequestInfo', () => {
  it('has version 0, a name, a key and attributes, and no more', () => {
    const malformed = [
      madeOf([integer(1), subscriberName, p256.spki, noAttributes]),
      madeOf([integer(0), subscriberName, p256.spki]),
      madeOf([integer(0), subscriberName, p256.spki, noAttributes, noAttributes]),
      madeOf([integer(0), subscriberName, p256.spki, explicit(1, sequence())]),
      madeOf([integer(0), subscriberName, p256.spki, explicit(0, sequence(oid('1.2.3')))]),
      madeOf([integer(0), sequence(sequence()), p256.spki, noAttributes]),
    ];
    expect(malformed.map(codeOf)).toEqual(malformed.map(() => 'csrMalformed'));
  });
});
