import { inflateSync } from 'node:zlib';
import { crc32 } from './crc.ts';
import { pngSignature } from './file-kind.ts';
import { checkSurface, unsafe } from './unsafe.ts';

/** What a picture needs to look as it does; everything else (text, times, EXIF, profiles) is left out. */
const kept = ['IHDR', 'PLTE', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'IDAT', 'IEND'];

interface Chunk {
  readonly type: string;
  readonly data: Buffer;
  /** With length and CRC. */
  readonly whole: Buffer;
}

/** A PNG of the same pixels and nothing besides (W3C PNG, third edition). Throws fileUnsafe, fileTooLarge. */
export function cleanPng(file: Buffer): Buffer {
  const chunks = chunksOf(file);
  checkPixels(chunks);
  return Buffer.concat([pngSignature, ...chunks.filter(({ type }) => kept.includes(type)).map(({ whole }) => whole)]);
}

/** Up to IEND, which ends the file: what follows would be another file. */
function chunksOf(file: Buffer): readonly Chunk[] {
  const chunks: Chunk[] = [];
  let at = pngSignature.length;
  while (chunks.at(-1)?.type !== 'IEND') {
    if (at + 12 > file.length) throw unsafe('png ends early');
    const end = at + 12 + file.readUInt32BE(at);
    if (end > file.length) throw unsafe('png chunk is too long');
    const whole = file.subarray(at, end);
    const type = whole.subarray(4, 8).toString('latin1');
    if (!/^[A-Za-z]{4}$/.test(type) || crc32(whole.subarray(4, -4)) !== whole.readUInt32BE(whole.length - 4)) {
      throw unsafe('png chunk is damaged');
    }
    // An upper-case first letter means that no reader may leave it out.
    if (/^[A-Z]/.test(type) && !kept.includes(type)) throw unsafe('png has a chunk that nobody knows');
    chunks.push({ type, data: whole.subarray(8, -4), whole });
    at = end;
  }
  if (at !== file.length) throw unsafe('png is followed by something');
  return chunks;
}

const samples: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** The pixels unpack to exactly what the header says: a bomb is known before it is unpacked. */
function checkPixels([header, ...chunks]: readonly Chunk[]): void {
  if (header?.type !== 'IHDR' || header.data.length !== 13) throw unsafe('png has no header');
  const [width, height] = [header.data.readUInt32BE(0), header.data.readUInt32BE(4)];
  checkSurface(width, height);
  const [depth = 0, colour = -1, , , interlaced = 0] = header.data.subarray(8);
  const perPixel = depth * (samples[colour] ?? 0);
  if (perPixel === 0 || perPixel > 64) throw unsafe('png has no such colours');
  const wanted = interlaced === 1 ? null : height * (1 + Math.ceil((width * perPixel) / 8));
  const most = wanted ?? 2 * (height + 8) * (2 + Math.ceil((width * perPixel) / 8));
  const packed = Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
  const unpacked = unpackedLength(packed, most);
  if (wanted !== null && unpacked !== wanted) throw unsafe('png has other pixels than it says');
}

function unpackedLength(packed: Buffer, most: number): number {
  try {
    return inflateSync(packed, { maxOutputLength: most }).length;
  } catch {
    throw unsafe('png pixels cannot be unpacked');
  }
}
