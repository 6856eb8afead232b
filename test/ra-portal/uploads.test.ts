/** Files that applicants send: known by their octets, stripped of what tells more than the picture, sealed at rest. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { decode } from 'jpeg-js';
import { PDFDocument, PDFName, PDFString } from 'pdf-lib';
import { afterAll, describe, expect, it } from 'vitest';
import { PkiError } from '../../ca-core/errors.ts';
import { cleanFile } from '../../ra-portal/uploads/clean-file.ts';
import { crc32 } from '../../ra-portal/uploads/crc.ts';
import { pngSignature } from '../../ra-portal/uploads/file-kind.ts';
import { openUploadSeal } from '../../ra-portal/uploads/seal-at-rest.ts';
import { aHeic, aJpeg, aPdf, aPng, codedPicture, pngChunk, place } from './support/files.ts';

const refusal = async (file: Buffer): Promise<string> => {
  try {
    await cleanFile(file);
    return 'taken';
  } catch (error) {
    return error instanceof PkiError ? error.code : String(error);
  }
};

const zip = Buffer.concat([Buffer.from('PK\x05\x06', 'latin1'), Buffer.alloc(18)]);
const html = Buffer.from('<html><script>alert(1)</script></html>');

describe('what is taken', () => {
  it.each([
    ['pdf', aPdf()],
    ['jpeg', aJpeg()],
    ['png', aPng()],
    ['heic', aHeic()],
  ] as const)('a %s, without what it says of its maker and place', async (kind, file) => {
    const given = await file;
    expect(given.toString('latin1')).toContain(place);
    const clean = await cleanFile(given);
    expect(clean.kind).toBe(kind);
    expect(clean.file.toString('latin1')).not.toContain(place);
    expect(clean.file.toString('latin1')).not.toMatch(/<x:xmpmeta|Producer|CreationDate/);
    expect(await cleanFile(clean.file)).toMatchObject({ kind });
  });

  it('keeps which way up a photograph is', async () => {
    const { file } = await cleanFile(aJpeg({ orientation: 6 }));
    expect(file.subarray(0, 4).toString('hex')).toBe('ffd8ffe1');
    expect(file.readUInt16BE(12 + 18)).toBe(6);
    const upright = await cleanFile(aJpeg({ orientation: 1 }));
    expect(upright.file.includes(Buffer.from('Exif'))).toBe(false);
  });
});

describe('a HEIC photograph', () => {
  it.each([
    [0, 120, 80, 'left'],
    [1, 80, 120, 'below'],
  ] as const)('turned %i quarters is shown as a JPEG, upright', async (turned, width, height, dark) => {
    const { shown } = await cleanFile(aHeic({ turned }));
    const picture = decode(shown ?? Buffer.alloc(0));
    expect(picture).toMatchObject({ width, height });
    const grey = (x: number, y: number): number => picture.data[4 * (y * width + x)] ?? 0;
    expect([grey(10, 10) < 80, grey(width - 10, 10) < 80, grey(10, height - 10) < 80]).toEqual(
      dark === 'left' ? [true, false, true] : [false, false, true],
    );
    expect(await refusal(shown ?? Buffer.alloc(0))).toBe('taken');
  });
});

describe('what is refused', () => {
  it.each<[string, Buffer | Promise<Buffer>, string]>([
    ['a page of HTML', html, 'fileKindUnknown'],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), 'fileKindUnknown'],
    ['a GIF', Buffer.from('GIF89a'), 'fileKindUnknown'],
    ['a program', Buffer.from('MZ'), 'fileKindUnknown'],
    ['nothing', Buffer.alloc(0), 'fileKindUnknown'],
    ['an animation that is no photograph', Buffer.from('....ftypmp42........'), 'fileKindUnknown'],
    ['a PNG with an archive behind it', Buffer.concat([aPng(), zip]), 'fileUnsafe'],
    ['a JPEG with a page behind it', Buffer.concat([aJpeg(), html]), 'fileUnsafe'],
    ['a PDF with an archive behind it', aPdf().then(pdf => Buffer.concat([pdf, zip])), 'fileUnsafe'],
    ['a HEIC with an archive behind it', Buffer.concat([aHeic(), zip]), 'fileUnsafe'],
    ['a PNG cut short', aPng().subarray(0, -20), 'fileUnsafe'],
    ['a JPEG cut short', aJpeg().subarray(0, -2), 'fileUnsafe'],
    ['a PDF cut short', aPdf().then(pdf => pdf.subarray(0, -20)), 'fileUnsafe'],
    ['a PNG with a flipped bit', flipped(aPng(), 40), 'fileUnsafe'],
    ['a PNG that says it is enormous', aPng({ width: 60_000, height: 60_000 }), 'fileTooLarge'],
    ['a JPEG that says it is enormous', aJpeg({ width: 65_000, height: 65_000 }), 'fileTooLarge'],
    ['a HEIC cut short', aHeic({ coded: codedPicture.subarray(0, 8) }), 'fileUnsafe'],
    ['a HEIC whose picture is none', aHeic({ coded: Buffer.alloc(73, 7) }), 'fileUnsafe'],
    ['a HEIC that says it is enormous', aHeic({ width: 65_000, height: 65_000 }), 'fileTooLarge'],
    ['a PNG that unpacks to more than it says', bomb(), 'fileUnsafe'],
    ['a PDF that unpacks to more than anybody reads', pdfBomb(), 'fileUnsafe'],
    ['a PDF with a password', Promise.resolve(lockedPdf), 'fileUnsafe'],
    ['more than ten megabytes', Buffer.alloc(10 * 1024 * 1024 + 1, 0x25), 'fileTooLarge'],
  ])('%s', async (_, file, code) => {
    expect(await refusal(await file)).toBe(code);
  });

  it('a PDF that acts, or what acts is gone from it', async () => {
    const document = await PDFDocument.create();
    document.addPage([200, 200]);
    document.addJavaScript('x', 'app.alert(1)');
    await document.attach(Buffer.from('MZ'), 'a.exe');
    const opened = document.context.obj({ S: PDFName.of('Launch'), F: PDFString.of('cmd.exe') });
    document.catalog.set(PDFName.of('OpenAction'), opened);
    document.getPage(0).node.set(PDFName.of('AA'), document.context.obj({ O: opened }));
    const { file } = await cleanFile(Buffer.from(await document.save({ useObjectStreams: false })));
    expect(file.toString('latin1')).not.toMatch(/JavaScript|Launch|EmbeddedFile|OpenAction|\/AA/);
    document.getPage(0).node.set(PDFName.of('Resources'), document.context.obj({ Hidden: opened }));
    expect(await refusal(Buffer.from(await document.save({ useObjectStreams: false })))).toBe('fileUnsafe');
  });
});

describe('at rest', () => {
  const home = mkdtempSync(join(tmpdir(), 'kakuin-uploads-'));
  afterAll(() => rmSync(home, { recursive: true }));

  it('opens for its owner only, unchanged only, and again after a restart', () => {
    const file = Buffer.from('a licence');
    const here = { owner: 'K26-AAAA-AAAA', id: '1' };
    const sealed = openUploadSeal(home).close(file, here);
    expect(sealed.includes(file)).toBe(false);
    expect(openUploadSeal(home).open(sealed, here)).toEqual(file);
    expect(() => openUploadSeal(home).open(sealed, { ...here, owner: 'K26-BBBB-BBBB' })).toThrow('storeUnavailable');
    expect(() => openUploadSeal(home).open(flipped(sealed, 30), here)).toThrow('storeUnavailable');
    expect(readFileSync(join(home, 'upload-key'), 'utf8')).toMatch(/^[0-9a-f]{64}$/);
  });
});

it('reckons CRC-32 as everybody does', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
});

function flipped(file: Buffer, at: number): Buffer {
  const other = Buffer.from(file);
  other[at] = (other[at] ?? 0) ^ 1;
  return other;
}

/** 4 × 4 pixels by its header, a hundred megabytes when unpacked. */
function bomb(): Buffer {
  const header = Buffer.from('00000004000000040806000000', 'hex');
  const packed = deflateSync(Buffer.alloc(100 * 1024 * 1024));
  return Buffer.concat([
    pngSignature,
    pngChunk('IHDR', header),
    pngChunk('IDAT', packed),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

async function pdfBomb(): Promise<Buffer> {
  const document = await PDFDocument.create();
  document.addPage([200, 200]);
  const packed = deflateSync(Buffer.alloc(210 * 1024 * 1024));
  document.context.register(document.context.stream(packed, { Filter: 'FlateDecode' }));
  return Buffer.from(await document.save({ useObjectStreams: false }));
}

const lockedPdf = Buffer.from(
  '%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n' +
    '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj\n4 0 obj<</Filter/Standard/V 1/R 2/P -4>>endobj\n' +
    'trailer<</Root 1 0 R/Encrypt 4 0 R>>\n%%EOF\n',
);
