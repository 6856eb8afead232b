/** Files as phones and scanners make them, each saying somewhere where it was made. */
import { deflateSync } from 'node:zlib';
import { PDFDocument, PDFName } from 'pdf-lib';
import { crc32 } from '../../../ra-portal/uploads/crc.ts';
import { pngSignature } from '../../../ra-portal/uploads/file-kind.ts';

/** What no cleaned file may hold. */
export const place = 'N35.6586 E139.7454 Minato';

interface Surface {
  readonly width?: number;
  readonly height?: number;
}

export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  return Buffer.concat([u32(data.length), body, u32(crc32(body))]);
}

export function aPng({ width = 4, height = 4 }: Surface = {}): Buffer {
  const header = Buffer.concat([u32(width), u32(height), Buffer.from([8, 2, 0, 0, 0])]);
  const rows = Buffer.alloc(4 * (1 + 4 * 3), 0x55).map((octet, index) => (index % 13 === 0 ? 0 : octet));
  return Buffer.concat([
    pngSignature,
    pngChunk('IHDR', header),
    pngChunk('tEXt', Buffer.from(`Comment\0${place}`, 'latin1')),
    pngChunk('eXIf', Buffer.from(place)),
    pngChunk('IDAT', deflateSync(rows)),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** One grey 8 × 8 block; every browser shows it. */
export function aJpeg({ width = 8, height = 8, orientation = 1 }: Surface & { orientation?: number } = {}): Buffer {
  const tiff = Buffer.from(`49492a0008000000010012010300010000000${orientation}00000000000000`, 'hex');
  const frame = Buffer.concat([Buffer.from([8]), u16(height), u16(width), Buffer.from([1, 1, 0x11, 0])]);
  const counts = Buffer.concat([Buffer.from([1]), Buffer.alloc(15)]);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, Buffer.from('4a46494600010100000100010000', 'hex')),
    segment(0xe1, Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff, Buffer.from(place)])),
    segment(0xe1, Buffer.from(`http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>${place}</x:xmpmeta>`, 'latin1')),
    segment(0xfe, Buffer.from(place)),
    segment(0xdb, Buffer.concat([Buffer.from([0]), Buffer.alloc(64, 1)])),
    segment(0xc0, frame),
    segment(0xc4, Buffer.concat([Buffer.from([0x00]), counts, Buffer.from([0])])),
    segment(0xc4, Buffer.concat([Buffer.from([0x10]), counts, Buffer.from([0])])),
    segment(0xda, Buffer.from([1, 1, 0, 0, 63, 0])),
    Buffer.from([0x3f, 0xff, 0xd9]),
  ]);
}

/** A HEIC picture of 120 × 80 pixels, dark left of the middle, and an Exif item that lies in the same `mdat`. */
export function aHeic({ width = 120, height = 80, turned = 0, coded = codedPicture }: HeicChoices = {}): Buffer {
  const exif = Buffer.from(`Exif\0\0${place}`, 'latin1');
  const ftyp = box('ftyp', Buffer.from('heic\0\0\0\0mif1heic', 'latin1'));
  const hdlr = box('hdlr', Buffer.concat([u32(0), u32(0), Buffer.from('pict'), Buffer.alloc(13)]));
  const pitm = box('pitm', Buffer.concat([u32(0), u16(1)]));
  const ispe = box('ispe', Buffer.concat([u32(0), u32(width), u32(height)]));
  const properties = box(
    'ipco',
    Buffer.concat([box('hvcC', decoderSettings), ispe, box('irot', Buffer.from([turned]))]),
  );
  const ipma = box('ipma', Buffer.concat([u32(0), u32(1), u16(1), Buffer.from([3, 0x81, 2, 0x83])]));
  const iinf = box('iinf', Buffer.concat([u32(0), u16(2), infe(1, 'hvc1'), infe(2, 'Exif')]));
  const locations = (from: number): readonly Buffer[] => [
    extent(1, from, coded.length),
    extent(2, from + coded.length, exif.length),
  ];
  const iloc = (from: number): Buffer =>
    box('iloc', Buffer.concat([u32(0), Buffer.from([0x44, 0]), u16(2), ...locations(from)]));
  const meta = (from: number): Buffer =>
    box('meta', Buffer.concat([u32(0), hdlr, pitm, iinf, box('iprp', Buffer.concat([properties, ipma])), iloc(from)]));
  const from = ftyp.length + meta(0).length + 8;
  return Buffer.concat([ftyp, meta(from), box('mdat', Buffer.concat([coded, exif]))]);
}

interface HeicChoices extends Surface {
  /** Quarter turns against the clock (ISO/IEC 23008-12 §6.5.10). */
  readonly turned?: 0 | 1 | 2 | 3;
  /** One slice of HEVC, its length before it. */
  readonly coded?: Buffer;
}

/** As x265 made them. */
const decoderSettings = Buffer.from(
  '0103700000000000000000001ef000fcfdf8f800000f03200001001840010c01ffff03700000030090000003000003001eba0240210001002842' +
    '010103700000030090000003000003001ea03c814596ea4929ae6c08000003000800000300084022000100074401c172b02240',
  'hex',
);
export const codedPicture = Buffer.from(
  '000000452801af1380e596d1cffffc21147f1fb3f77936a58237b42299a920eec77cef9d13f375be4c3f6405dc8dfbc93fb11d59bc93270229c6' +
    'b9dc00000300011d04519c40000ca8',
  'hex',
);

/** A PDF in which streams begin and none ends: whoever looks for the ends reads the rest of the file as many times. */
export const aSlowPdf = (streams = 1_400_000): Buffer =>
  Buffer.from(`%PDF-1.5\n1 0 obj<</Type/Catalog>>endobj\n2 0 obj<<>>${'stream\n'.repeat(streams)}\n%%EOF\n`);

export async function aPdf(): Promise<Buffer> {
  const document = await PDFDocument.create();
  document.setTitle(place);
  document.setAuthor(place);
  document.addPage([200, 200]).drawLine({ start: { x: 0, y: 0 }, end: { x: 200, y: 200 } });
  document.catalog.set(
    PDFName.of('Metadata'),
    document.context.register(document.context.stream(`<x:xmpmeta>${place}</x:xmpmeta>`, { Type: 'Metadata' })),
  );
  const plain = Buffer.from(await document.save({ useObjectStreams: false }));
  return Buffer.from(plain.toString('latin1').replace('%%EOF', `%${place}\n%%EOF`), 'latin1');
}

const extent = (id: number, from: number, length: number): Buffer =>
  Buffer.concat([u16(id), u16(0), u16(1), u32(from), u32(length)]);
const infe = (id: number, type: string): Buffer =>
  box('infe', Buffer.concat([u32(0x02000000), u16(id), u16(0), Buffer.from(`${type}\0`, 'latin1')]));
const box = (type: string, content: Buffer): Buffer =>
  Buffer.concat([u32(content.length + 8), Buffer.from(type, 'latin1'), content]);
const segment = (marker: number, data: Buffer): Buffer =>
  Buffer.concat([Buffer.from([0xff, marker]), u16(data.length + 2), data]);

function u16(value: number): Buffer {
  const octets = Buffer.alloc(2);
  octets.writeUInt16BE(value);
  return octets;
}

function u32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}
