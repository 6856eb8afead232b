import { describe, expect, it } from 'vitest';
import { ia5String, oid, sequence, set, utf8String } from '../../ca-core/x509/der.ts';
import { decodeName, encodeName, formatName, type NameAttribute } from '../../ca-core/x509/name.ts';
import { subscriberName, robinsUrl } from '../support/certificates.ts';
import { refusalOf } from '../support/refusal.ts';

const one = (type: NameAttribute['type'], value: string) => refusalOf(() => encodeName([{ type, value }]));

describe('a name', () => {
  it('keeps its order and shows it', () => {
    expect(formatName(subscriberName)).toBe(
      `C=JP, ST=Tokyo, L=Minato, O=Example K.K., OU=1.2.392.200063.80.1.1, OU=${robinsUrl}, CN=BN-Otaishi Akira`,
    );
  });

  it('reads back what it wrote, every type', () => {
    const attributes: NameAttribute[] = [
      { type: 'C', value: 'JP' },
      { type: 'O', value: '角印株式会社' },
      { type: 'organizationIdentifier', value: 'NTRJP-1180301018771' },
      { type: 'surname', value: '髙𠮷' },
      { type: 'givenName', value: 'あきら' },
      { type: 'serialNumber', value: 'A-12' },
      { type: 'E', value: 'a@example.jp' },
    ];
    expect(decodeName(encodeName(attributes))).toEqual(attributes);
  });

  it.each<[NameAttribute['type'], number]>([
    ['CN', 64],
    ['O', 64],
    ['OU', 64],
    ['title', 64],
    ['L', 128],
    ['ST', 128],
    ['pseudonym', 128],
  ])('%s holds %i characters, also those of two UTF-16 units, and no more', (type, limit) => {
    expect(one(type, '𠮷'.repeat(limit))).toBeUndefined();
    expect(one(type, '𠮷'.repeat(limit + 1))).toMatchObject({
      code: 'nameTooLong',
      values: { type, limit, length: limit + 1 },
    });
  });

  it.each<[NameAttribute['type'], string]>([
    ['CN', ''],
    ['CN', 'a\u0000b'],
    ['CN', 'a\nb'],
    ['CN', 'abc\u202etxt.exe'],
    ['O', 'zero\u200bwidth'],
    ['O', '\ud800'],
    ['C', 'jp'],
    ['C', 'J'],
    ['serialNumber', 'あ'],
    ['E', 'あ@example.jp'],
  ])('refuses %s=%j', (type, value) => {
    expect(one(type, value)).toMatchObject({ code: 'nameCharacters', values: { type } });
  });

  it('escapes what could be taken for another attribute, and shows unknown types as hex', () => {
    expect(formatName(encodeName([{ type: 'CN', value: ' a, O=Other "x"+\\' }]))).toBe(
      'CN=\\ a\\, O=Other \\"x\\"\\+\\\\',
    );
    const hidden = sequence(set(sequence(oid('2.5.4.3'), utf8String('a\u202e'))));
    expect(formatName(hidden)).toBe('CN=a\\e2\\80\\ae');
    const domain = sequence(set(sequence(oid('0.9.2342.19200300.100.1.25'), ia5String('jp'))));
    expect(formatName(domain)).toBe('0.9.2342.19200300.100.1.25=#16026a70');
    expect(refusalOf(() => decodeName(domain))?.code).toBe('derMalformed');
  });

  it('does not read an RDN of two attributes as two RDNs', () => {
    const attribute = (id: string) => sequence(oid(id), utf8String('a'));
    const joined = sequence(set(attribute('2.5.4.3'), attribute('2.5.4.10')));
    expect(formatName(joined)).toBe('CN=a+O=a');
    expect(refusalOf(() => decodeName(joined))?.code).toBe('derMalformed');
  });
});
