/** Names, TBSCertificates and extensions against pkijs (encoder) and @peculiar/x509 (reader). */
import 'reflect-metadata';
import * as peculiar from '@peculiar/x509';
import * as asn1js from 'asn1js';
import fc from 'fast-check';
import * as pkijs from 'pkijs';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCertificate, readTbsCertificate } from '../../ca-core/x509/certificate.ts';
import { toHex, type Der } from '../../ca-core/x509/der.ts';
import * as extensions from '../../ca-core/x509/extensions.ts';
import { decodeGeneralNames, encodeGeneralNames } from '../../ca-core/x509/general-names.ts';
import { decodeName, encodeName, nameAttributeTypes, type NameAttribute } from '../../ca-core/x509/name.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { encodeTbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';
import { aChain, rootName, subscriberTbs } from '../support/certificates.ts';

const ids: Readonly<Record<NameAttribute['type'], string>> = {
  C: '2.5.4.6',
  ST: '2.5.4.8',
  L: '2.5.4.7',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  CN: '2.5.4.3',
  organizationIdentifier: '2.5.4.97',
  givenName: '2.5.4.42',
  surname: '2.5.4.4',
  serialNumber: '2.5.4.5',
  pseudonym: '2.5.4.65',
  title: '2.5.4.12',
  E: '1.2.840.113549.1.9.1',
};
const forbidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u;
const anyText = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter(value => !forbidden.test(value));

const attribute: fc.Arbitrary<NameAttribute> = fc.constantFrom(...nameAttributeTypes).chain(type => {
  const values = {
    C: /^[A-Z]{2}$/,
    serialNumber: /^[A-Za-z0-9 '()+,\-./:=?]{1,64}$/,
    E: /^[a-z0-9.]{1,40}@example\.jp$/,
  };
  const value = type === 'C' || type === 'serialNumber' || type === 'E' ? fc.stringMatching(values[type]) : anyText;
  return value.map(text => ({ type, value: text }));
});
const name = fc.array(attribute, { maxLength: 8 });
const serialNumber = fc
  .bigInt({ min: 1n, max: (1n << 159n) - 1n })
  .map(value => value.toString(16).padStart(2, '0'))
  .map(hex => (hex.length % 2 === 0 ? hex : `0${hex}`));
const validity = fc
  .tuple(fc.nat(2 ** 31 - 1), fc.nat(2 ** 31 - 1))
  .map(([from, length]) => ({ notBefore: from, notAfter: from + length }));
const mailboxes = fc.array(fc.stringMatching(/^[a-z0-9+_]{1,20}@[a-z0-9]{1,20}\.jp$/), { minLength: 1, maxLength: 3 });

function libraryString({ type, value }: NameAttribute): asn1js.Utf8String | asn1js.PrintableString | asn1js.IA5String {
  if (type === 'C' || type === 'serialNumber') return new asn1js.PrintableString({ value });
  return type === 'E' ? new asn1js.IA5String({ value }) : new asn1js.Utf8String({ value });
}

const libraryName = (attributes: readonly NameAttribute[]): asn1js.Sequence =>
  new asn1js.Sequence({
    value: attributes.map(one => {
      const value = libraryString(one);
      return new asn1js.Set({ value: [new pkijs.AttributeTypeAndValue({ type: ids[one.type], value }).toSchema()] });
    }),
  });

const hexOf = (block: { toBER: () => ArrayBuffer }): string => toHex(new Uint8Array(block.toBER()));

describe('a name', () => {
  it('is what pkijs writes, and reads back', () => {
    fc.assert(
      fc.property(name, attributes => {
        expect(toHex(encodeName(attributes))).toBe(hexOf(libraryName(attributes)));
        expect(decodeName(encodeName(attributes))).toEqual(attributes);
      }),
    );
  });
});

describe('a TBSCertificate', () => {
  let chain: Awaited<ReturnType<typeof aChain>>;
  beforeAll(async () => {
    chain = await aChain();
  });

  function libraryTbs(tbs: Parameters<typeof encodeTbsCertificate>[0], subject: readonly NameAttribute[]): string {
    const certificate = new pkijs.Certificate({ version: 2 });
    certificate.serialNumber = asn1js.Integer.fromBigInt(BigInt(`0x${tbs.serialNumber}`));
    certificate.signature = new pkijs.AlgorithmIdentifier({ algorithmId: oids['ecdsa-with-SHA384'] });
    const [issuer, own] = [rootName, encodeName(subject)].map(
      der => new pkijs.RelativeDistinguishedNames({ schema: schemaOf(der) }),
    );
    certificate.issuer = issuer ?? certificate.issuer;
    certificate.subject = own ?? certificate.subject;
    const timeOf = (seconds: number) =>
      new pkijs.Time({ type: pkijs.TimeType.UTCTime, value: new Date(seconds * 1000) });
    certificate.notBefore = timeOf(tbs.notBefore);
    certificate.notAfter = timeOf(tbs.notAfter);
    certificate.subjectPublicKeyInfo = new pkijs.PublicKeyInfo({ schema: schemaOf(tbs.subjectPublicKeyInfo) });
    certificate.extensions = tbs.extensions.map(der => new pkijs.Extension({ schema: schemaOf(der) }));
    return hexOf(certificate.encodeTBS());
  }
  const schemaOf = (der: Der) => asn1js.fromBER(der.buffer).result;

  it('is what pkijs writes', () => {
    const before2050 = validity.filter(({ notAfter }) => notAfter < 2_524_608_000);
    fc.assert(
      fc.property(serialNumber, before2050, name, mailboxes, (serial, times, attributes, rfc822Names) => {
        const base = subscriberTbs(chain.rootKey, chain.spki);
        const subjectAltName = extensions.subjectAltName(encodeGeneralNames({ rfc822Names }));
        const tbs = { ...base, ...times, serialNumber: serial, subject: encodeName(attributes) };
        const written = {
          ...tbs,
          extensions: [...base.extensions.slice(0, 5), subjectAltName, ...base.extensions.slice(6)],
        };
        expect(toHex(encodeTbsCertificate(written))).toBe(libraryTbs(written, attributes));
      }),
    );
  });

  it('is read as it was written', () => {
    fc.assert(
      fc.property(serialNumber, validity, name, (serial, times, attributes) => {
        const subject = encodeName(attributes);
        const base = subscriberTbs(chain.rootKey, chain.spki);
        const read = readTbsCertificate(encodeTbsCertificate({ ...base, ...times, serialNumber: serial, subject }));
        expect(read).toMatchObject({ ...times, subject, serialNumber: serial.replace(/^(00)+/, '') });
        expect(read.extensions.size).toBe(base.extensions.length);
      }),
    );
  });

  it('once signed says the same to @peculiar/x509', async () => {
    const judge = new peculiar.X509Certificate(chain.subscriber);
    const own = readCertificate(chain.subscriber);
    expect(judge.serialNumber).toBe(own.serialNumber);
    expect(judge.notAfter.getTime() / 1000).toBe(own.notAfter);
    expect(judge.extensions.map(one => [one.type, one.critical, toHex(new Uint8Array(one.value))])).toEqual(
      Array.from(own.extensions, ([type, { critical, value }]) => [type, critical, toHex(value)]),
    );
    const root = new peculiar.X509Certificate(chain.root);
    expect(await judge.verify({ publicKey: root.publicKey, signatureOnly: true })).toBe(true);
  });
});

describe('GeneralNames', () => {
  it('are what pkijs writes, and read back', () => {
    fc.assert(
      fc.property(mailboxes, rfc822Names => {
        const names = rfc822Names.map(value => new pkijs.GeneralName({ type: 1, value }));
        expect(toHex(encodeGeneralNames({ rfc822Names }))).toBe(hexOf(new pkijs.GeneralNames({ names }).toSchema()));
        expect(decodeGeneralNames(encodeGeneralNames({ rfc822Names }))).toEqual({ rfc822Names });
      }),
    );
  });
});
