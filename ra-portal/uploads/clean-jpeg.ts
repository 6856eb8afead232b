import { checkSurface, unsafe } from './unsafe.ts';

const startOfImage = 0xd8;
const endOfImage = 0xd9;
const startOfScan = 0xda;
const app1 = 0xe1;
const app14 = 0xee;

interface Segment {
  readonly marker: number;
  readonly data: Buffer;
  readonly whole: Buffer;
}

/**
 * A JPEG of the same pixels (ITU-T T.81 annex B): comments and application segments are left out but Adobe's, which
 * says how colours are meant; which way up the camera was held is said anew. Throws fileUnsafe, fileTooLarge.
 */
export function cleanJpeg(file: Buffer): Buffer {
  const { segments, scans } = partsOf(file);
  const frame = segments.find(({ marker }) => isFrame(marker));
  if (frame === undefined || frame.data.length < 6) throw unsafe('jpeg has no frame');
  checkSurface(frame.data.readUInt16BE(3), frame.data.readUInt16BE(1));
  const kept = segments.filter(({ marker }) => (marker < 0xe0 || marker === app14) && marker !== 0xfe);
  const head = [Buffer.from([0xff, startOfImage]), orientationOf(segments)];
  return Buffer.concat([...head, ...kept.map(({ whole }) => whole), scans]);
}

const isFrame = (marker: number): boolean => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/** The segments before the first scan, and all from there to the end of the image, which ends the file. */
function partsOf(file: Buffer): { readonly segments: readonly Segment[]; readonly scans: Buffer } {
  const segments: Segment[] = [];
  let at = 2;
  for (;;) {
    const segment = segmentAt(file, at);
    if (segment.marker === startOfScan) break;
    segments.push(segment);
    at += segment.whole.length;
  }
  const end = endOfScans(file, at);
  if (end !== file.length) throw unsafe('jpeg is followed by something');
  return { segments, scans: file.subarray(at, end) };
}

function segmentAt(file: Buffer, at: number): Segment {
  if (at + 4 > file.length || file[at] !== 0xff) throw unsafe('jpeg is damaged');
  const marker = file[at + 1] ?? 0;
  const end = at + 2 + file.readUInt16BE(at + 2);
  const isMarker = marker >= 0xc0 && marker !== startOfImage && marker !== endOfImage;
  if (!isMarker || end < at + 4 || end > file.length) throw unsafe('jpeg is damaged');
  return { marker, data: file.subarray(at + 4, end), whole: file.subarray(at, end) };
}

/** Between scans only tables and further scans may stand; an application segment there would be carried along. */
function endOfScans(file: Buffer, from: number): number {
  let at = from;
  for (;;) {
    const { marker, whole } = segmentAt(file, at);
    if (marker >= 0xe0) throw unsafe('jpeg hides a segment between its scans');
    at = marker === startOfScan ? endOfEntropy(file, at + whole.length) : at + whole.length;
    if (file[at] === 0xff && file[at + 1] === endOfImage) return at + 2;
  }
}

/** Entropy-coded octets: 0xFF is followed by 0 or a restart marker there. */
function endOfEntropy(file: Buffer, from: number): number {
  for (let at = file.indexOf(0xff, from); at !== -1; at = file.indexOf(0xff, at + 2)) {
    const next = file[at + 1] ?? 0;
    if (next !== 0 && !(next >= 0xd0 && next <= 0xd7)) return at;
  }
  throw unsafe('jpeg ends early');
}

/** An EXIF segment that says the orientation and nothing else; none where the picture is upright. */
function orientationOf(segments: readonly Segment[]): Buffer {
  const exif = segments.find(({ marker, data }) => marker === app1 && data.subarray(0, 6).equals(exifMark))?.data;
  const value = exif === undefined ? 1 : orientationIn(exif.subarray(6));
  if (value < 2 || value > 8) return Buffer.alloc(0);
  const tiff = Buffer.from('4d4d002a00000008000101120003000000010000000000000000', 'hex');
  tiff.writeUInt16BE(value, 18);
  const data = Buffer.concat([exifMark, tiff]);
  return Buffer.concat([Buffer.from([0xff, app1, 0, data.length + 2]), data]);
}

const exifMark = Buffer.from('Exif\0\0', 'latin1');

/** Tag 0x0112 of the first directory (TIFF 6.0 §2); 1 where it cannot be read. */
function orientationIn(tiff: Buffer): number {
  try {
    const isLittle = tiff.subarray(0, 2).toString('latin1') === 'II';
    const u16 = (at: number): number => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at));
    const directory = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4);
    for (let entry = 0; entry < u16(directory); entry += 1) {
      const at = directory + 2 + entry * 12;
      if (u16(at) === 0x0112) return u16(at + 8);
    }
    return 1;
  } catch {
    return 1;
  }
}
