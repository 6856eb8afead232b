/** The writer against asn1js, byte for byte, and against the strict reader, which was written apart from it. */
import { execFileSync } from 'node:child_process';
import * as asn1js from 'asn1js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as der from '../../ca-core/x509/der.ts';
import * as reader from '../../ca-core/x509/der-reader.ts';

const bytes = (maxLength = 300) => fc.uint8Array({ maxLength });
const bigint = fc.oneof(fc.bigInt({ min: -(1n << 170n), max: 1n << 170n }), fc.bigInt({ min: -300n, max: 300n }));
const arc = fc.oneof(fc.nat(200), fc.nat(2 ** 31 - 1));
const oid = fc
  .tuple(fc.constantFrom(0, 1, 2), fc.nat(39), fc.array(arc, { minLength: 1, maxLength: 8 }))
  .map(([root, second, rest]) => [root, second, ...rest].join('.'));
const printable = fc.stringMatching(/^[A-Za-z0-9 '()+,\-./:=?]{0,200}$/);
const ascii = fc.stringMatching(/^[\x20-\x7e]{0,200}$/);
const text = fc.string({ unit: 'grapheme', maxLength: 100 });
/** 1970 to 2105; asn1js's UTCTime ends in 2049. */
const unixTime = fc.integer({ min: 0, max: 2 ** 32 - 1 });

const sameAs = (written: Uint8Array, block: { toBER: () => ArrayBuffer }) =>
  expect(der.toHex(written)).toBe(der.toHex(new Uint8Array(block.toBER())));

describe('the DER writer agrees with asn1js and the reader', () => {
  it('on INTEGER', () => {
    fc.assert(
      fc.property(bigint, value => {
        if (value >= 0n) sameAs(der.integer(value), asn1js.Integer.fromBigInt(value));
        expect(reader.readInteger(reader.readDer(der.integer(value)))).toBe(value);
      }),
    );
  });

  /** asn1js 3.1 writes -32,767 as -127, and -128 with an octet too many. */
  it('on negative INTEGER, as OpenSSL reads it', () => {
    const edges = [1n, 127n, 128n, 129n, 32_767n, 32_768n, 32_769n, 1n << 31n, 1n << 63n, 1n << 64n].map(size => -size);
    const values = [...edges, ...fc.sample(bigint, 200).map(value => (value < 0n ? value : -1n - value))];
    const input = der.sequence(...values.map(der.integer));
    const told = execFileSync('openssl', ['asn1parse', '-inform', 'DER'], { input, encoding: 'utf8' });
    const read = [...told.matchAll(/prim: INTEGER +:-([0-9A-F]+)/g)].map(([, hex = '']) => -BigInt(`0x${hex}`));
    expect(read).toEqual(values);
  });

  it('on unsigned octets as INTEGER', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 24 }), octets => {
        const value = BigInt(`0x${der.toHex(octets)}`);
        expect(der.toHex(der.integerFromBytes(octets))).toBe(der.toHex(der.integer(value)));
      }),
    );
  });

  it('on OBJECT IDENTIFIER', () => {
    fc.assert(
      fc.property(oid, value => {
        sameAs(der.oid(value), new asn1js.ObjectIdentifier({ value }));
        expect(reader.readOid(reader.readDer(der.oid(value)))).toBe(value);
      }),
    );
  });

  it('on OCTET STRING and BIT STRING of every length form', () => {
    const long = fc.constantFrom(0, 1, 126, 127, 128, 255, 256, 65_535, 65_536).map(length => new Uint8Array(length));
    fc.assert(
      fc.property(fc.oneof(bytes(), long), octets => {
        const valueHex = Uint8Array.from(octets).buffer;
        sameAs(der.octetString(octets), new asn1js.OctetString({ valueHex }));
        sameAs(der.bitString(octets), new asn1js.BitString({ valueHex, unusedBits: 0 }));
        expect(reader.readBits(reader.readDer(der.bitString(octets))).bytes).toEqual(octets);
      }),
    );
  });

  it('on character strings', () => {
    fc.assert(
      fc.property(text, printable, ascii, (utf8, letters, ia5) => {
        sameAs(der.utf8String(utf8), new asn1js.Utf8String({ value: utf8 }));
        sameAs(der.printableString(letters), new asn1js.PrintableString({ value: letters }));
        sameAs(der.ia5String(ia5), new asn1js.IA5String({ value: ia5 }));
        expect(reader.readText(reader.readDer(der.utf8String(utf8)))).toBe(utf8);
        expect(reader.readText(reader.readDer(der.printableString(letters)))).toBe(letters);
        expect(reader.readText(reader.readDer(der.ia5String(ia5)))).toBe(ia5);
      }),
    );
  });

  it('on times, apart from the milliseconds that asn1js writes', () => {
    fc.assert(
      fc.property(unixTime, value => {
        const valueDate = new Date(value * 1000);
        const isUtcTime = valueDate.getUTCFullYear() < 2050;
        const content = Buffer.from(new asn1js.GeneralizedTime({ valueDate }).toBER()).subarray(2).toString('latin1');
        const generalized = content.replace(/\.\d*Z$/, 'Z');
        expect(Buffer.from(der.generalizedTime(value)).subarray(2).toString('latin1')).toBe(generalized);
        if (isUtcTime) sameAs(der.time(value), new asn1js.UTCTime({ valueDate }));
        expect(reader.readTime(reader.readDer(der.time(value)))).toBe(value);
        expect(reader.readDer(der.time(value)).tagNumber).toBe(isUtcTime ? 23 : 24);
      }),
    );
  });

  it('on SEQUENCE, SET OF, tags and the small types', () => {
    fc.assert(
      fc.property(fc.array(bytes(40), { maxLength: 6 }), fc.nat(30), fc.boolean(), (parts, tag, flag) => {
        const octets = parts.map(part => new asn1js.OctetString({ valueHex: Uint8Array.from(part).buffer }));
        const written = parts.map(part => der.octetString(part));
        const sorted = octets.toSorted((a, b) => Buffer.compare(Buffer.from(a.toBER()), Buffer.from(b.toBER())));
        const context = { tagClass: 3, tagNumber: tag };
        sameAs(der.sequence(...written), new asn1js.Sequence({ value: octets }));
        sameAs(der.set(...written), new asn1js.Set({ value: sorted }));
        sameAs(
          der.explicit(tag, der.sequence()),
          new asn1js.Constructed({ idBlock: context, value: [new asn1js.Sequence()] }),
        );
        sameAs(
          der.implicit(tag, der.sequence(...written)),
          new asn1js.Constructed({ idBlock: context, value: octets }),
        );
        sameAs(
          der.contextPrimitive(tag, Uint8Array.of(1)),
          new asn1js.Primitive({ idBlock: context, valueHex: Uint8Array.of(1).buffer }),
        );
        sameAs(der.boolean(flag), new asn1js.Boolean({ value: flag }));
        sameAs(der.enumerated(tag), new asn1js.Enumerated({ value: tag }));
        sameAs(der.nullValue(), new asn1js.Null());
        expect(reader.readDer(der.sequence(...written)).children.map(node => node.content)).toEqual(parts);
      }),
    );
  });

  it('on named bits, which lose their trailing zeros', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(15), { maxLength: 16 }), positions => {
        const { bytes: octets, unused } = reader.readBits(reader.readDer(der.namedBits(positions)));
        const isSet = (bit: number): boolean => ((octets[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
        expect(Array.from({ length: 16 }, (_, bit) => bit).filter(isSet)).toEqual(positions.toSorted((a, b) => a - b));
        expect(8 * octets.length - unused).toBe(positions.length === 0 ? 0 : Math.max(...positions) + 1);
      }),
    );
  });

  it('on hex', () => {
    fc.assert(
      fc.property(bytes(), octets => {
        expect(der.fromHex(der.toHex(octets))).toEqual(octets);
      }),
    );
    for (const wrong of ['a', 'zz', ' 00', '0x00', '00\n']) expect(() => der.fromHex(wrong)).toThrow(RangeError);
  });
});
