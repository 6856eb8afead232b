/** Whatever arrives, a reader answers with a value or with a PkiError: nothing else is ever thrown, and nothing hangs. */
import fc from 'fast-check';
import { beforeAll, describe, it } from 'vitest';
import { PkiError } from '../../ca-core/errors.ts';
import { readPickUpSecret } from '../../ca-core/delivery/pick-up-secret.ts';
import { readKeyFile } from '../../ca-core/keys/encrypted-key.ts';
import { readCertificate, readTbsCertificate, verifyCertificate } from '../../ca-core/x509/certificate.ts';
import { readCertificationRequest } from '../../ca-core/x509/certification-request.ts';
import { concat } from '../../ca-core/x509/der.ts';
import * as reader from '../../ca-core/x509/der-reader.ts';
import * as values from '../../ca-core/x509/extension-values.ts';
import { decodeGeneralNames } from '../../ca-core/x509/general-names.ts';
import { decodeName, encodeName, formatName, nameAttributeTypes } from '../../ca-core/x509/name.ts';
import { decodePem, encodePem } from '../../ca-core/x509/pem.ts';
import { keyIdentifier, readPublicKey } from '../../ca-core/x509/public-key.ts';
import { aChain, ecKey } from '../support/certificates.ts';
import { opensslBytes } from '../support/openssl.ts';

const readers: Readonly<Record<string, (bytes: Uint8Array) => unknown>> = {
  readDer: reader.readDer,
  readTime: bytes => reader.readTime(reader.readDer(bytes)),
  readText: bytes => reader.readText(reader.readDer(bytes)),
  readOid: bytes => reader.readOid(reader.readDer(bytes)),
  readCertificate,
  readTbsCertificate,
  verifyCertificate: bytes => verifyCertificate(readCertificate(bytes), ecKeyInfo),
  readCertificationRequest,
  readPublicKey,
  keyIdentifier,
  decodeName,
  formatName,
  decodeGeneralNames,
  ...values,
};

const textReaders: Readonly<Record<string, (text: string) => unknown>> = {
  readCertificationRequest,
  decodePem: text => decodePem(text, ['CERTIFICATE']),
  readPickUpSecret,
  readKeyFile: text => readKeyFile('ca', text),
  encodeName: value => nameAttributeTypes.map(type => encodeName([{ type, value }])),
};

const ecKeyInfo = ecKey().spki;
let good: readonly Uint8Array[] = [];
beforeAll(async () => {
  const { subscriber, spki } = await aChain();
  const { privateKey } = ecKey();
  const k = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const csr = opensslBytes(['req', '-new', '-key', 'k', '-subj', '/C=JP/CN=x', '-outform', 'DER'], { k });
  const { tbs, subject, extensions } = readCertificate(subscriber);
  good = [subscriber, csr, spki, tbs, subject, ...Array.from(extensions.values(), ({ value }) => value)];
});

/** One good encoding, spoiled at a few places: octets changed, a piece cut out, or a piece put in. */
const spoiled = fc
  .record({
    which: fc.nat(),
    changes: fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    cut: fc.tuple(fc.nat(), fc.nat(3)),
    put: fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 3 })),
  })
  .map(({ which, changes, cut, put }) => {
    const bytes = Uint8Array.from(good[which % good.length] ?? []);
    for (const [at, octet] of changes) bytes[at % bytes.length] = octet;
    const cutAt = cut[0] % bytes.length;
    const shorter = concat(bytes.subarray(0, cutAt), bytes.subarray(cutAt + cut[1]));
    const putAt = put[0] % (shorter.length + 1);
    return concat(shorter.subarray(0, putAt), put[1], shorter.subarray(putAt));
  });

function answers<Input>(read: (input: Input) => unknown): (input: Input) => void {
  return input => {
    try {
      read(input);
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
    }
  };
}

describe.each(Object.entries(readers))('%s only ever throws PkiError', (_, read) => {
  it('at random octets', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), answers(read)), { numRuns: 200 });
  });

  it('at good encodings, spoiled', () => {
    fc.assert(fc.property(spoiled, answers(read)), { numRuns: 200 });
  });

  it('at long and deep ones', () => {
    const deep = new Uint8Array(60_000).fill(0x30);
    const nested = Array.from({ length: 40 }).reduce<Uint8Array>(
      inner => concat(Uint8Array.of(0x30, inner.length), inner),
      concat(),
    );
    const long = concat(Uint8Array.of(0x13, 0x83, 0x03, 0x0d, 0x40), new Uint8Array(200_000).fill(0x41));
    for (const bytes of [deep, nested, long, new Uint8Array(0)]) answers(read)(bytes);
  });
});

describe.each(Object.entries(textReaders))('%s only ever throws PkiError', (_, read) => {
  it('at any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), answers(read)), { numRuns: 200 });
  });

  it('at PEM of anything', () => {
    const pem = fc
      .tuple(fc.constantFrom('CERTIFICATE', 'CERTIFICATE REQUEST'), spoiled)
      .map(([label, bytes]) => encodePem(label, bytes));
    fc.assert(fc.property(pem, answers(read)), { numRuns: 100 });
  });
});
