/** What is no character in the encoding of its file is told as the octets that it is, and never becomes another one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shownMarks } from '../../../ra-portal/bulk/reading/decode.ts';
import { encodeText } from '../../../ra-portal/bulk/reading/encode.ts';
import type { Encoding } from '../../../ra-portal/bulk/reading/table.ts';
import { octetsOf, rowsIn } from './a-table.ts';

describe('octets that are no character', () => {
  const cut = (text: string, bad: Buffer, rest: string, encoding: Encoding): Buffer =>
    Buffer.concat([octetsOf(text, encoding, 'marked'), bad, encodeText(rest, encoding) ?? Buffer.alloc(0)]);

  it.each([
    ['cp932', Buffer.from([0x81]), '山〈81〉'],
    ['cp932', Buffer.from([0xfd]), '山〈FD〉'],
    ['cp932', Buffer.from([0x80, 0xa0]), '山〈80〉〈A0〉'],
    ['cp932', Buffer.from([0x81, 0xad]), '山〈81〉ｭ'],
    ['utf-8', Buffer.from([0xe5, 0xb1]), '山〈E5〉〈B1〉'],
    ['utf-8', Buffer.from([0xc0, 0xaf, 0xed, 0xa0, 0x80]), '山〈C0〉〈AF〉〈ED〉〈A0〉〈80〉'],
    ['utf-16le', Buffer.from([0x00, 0xd8]), '山〈00D8〉'],
  ] as const)('in %s are told by row and column, and never become ? or U+FFFD', async (encoding, bad, shown) => {
    const octets = cut('氏名,組織\r\n"a\nb",山', bad, '\r\n川,"c,d"\r\n', encoding);
    const rows = await rowsIn(octets, { encoding });
    expect(rows.map(({ row, cells }) => [row, ...cells.map(shownMarks)])).toEqual([
      [1, '氏名', '組織'],
      [2, 'a\nb', shown],
      [3, '川', 'c,d'],
    ]);
    expect(rows.map(({ marks }) => [...marks])).toEqual([[], [[1, 'undecodable']], []]);
    expect(rows.flatMap(({ cells }) => cells).join('')).not.toMatch(/\ufffd|\?/);
    const back = rows.map(({ cells }) => encodeText(cells.join('|'), encoding));
    expect(back[1]?.includes(bad)).toBe(true);
  });

  it('come out as they went in, from any octets at all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 60 }),
        fc.constantFrom('cp932', 'utf-8', 'utf-16le'),
        async (octets, encoding) => {
          const clean = Uint8Array.from(octets, octet =>
            octet === 0x0a || octet === 0x0d || octet === 0x22 || octet === 0x2c ? 0x41 : octet,
          );
          const marked = Buffer.concat([Buffer.from(encoding === 'utf-16le' ? 'A\0' : 'A'), clean]);
          const rows = await rowsIn(marked, { encoding, delimiter: 'comma' });
          const text = rows.map(({ cells }) => cells.join(',')).join('');
          if (encoding === 'utf-16le' && rows.length !== 1) return;
          const back = encodeText(text, encoding) ?? Buffer.alloc(0);
          // CP932 has some characters at several places.
          const again = await rowsIn(back, { encoding, delimiter: 'comma' });
          expect(encoding === 'cp932' ? again : back).toEqual(encoding === 'cp932' ? rows : marked);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('of CP932: what it lacks is not written as anything else', () => {
    for (const character of ['〜', '−', '—', '‖', '¥', 'é', '㍿', '𠮷', '葛\u{e0100}']) {
      expect(encodeText(character, 'cp932'), character).toBeNull();
    }
    expect(encodeText('髙﨑①㈱～－纊ⅰ￢∵', 'cp932')?.toString('hex')).toBe(
      'fbfcfab1' + '8740878a' + '8160817c' + 'fa5cfa40' + '81ca81e6',
    );
  });
});
