import { inflateSync } from 'node:zlib';
import { PDFArray, PDFDict, PDFDocument, PDFName, PDFStream, type PDFObject } from 'pdf-lib';
import { PkiError } from '../../ca-core/errors.ts';
import { unsafe } from './unsafe.ts';

const mostPages = 30;
/** All streams of a file, unpacked. */
const mostUnpacked = 200 * 1024 * 1024;

/** What a document is described by, and what happens on its own (ISO 32000-1 §12.5, §12.6, §14.3, §14.5). */
const leftOut = [
  'Metadata',
  'PieceInfo',
  'LastModified',
  'Annots',
  'AA',
  'OpenAction',
  'AcroForm',
  'Names',
  'Outlines',
];

/** What acts, wherever it stands: a document that still has it is refused. */
const active = ['JavaScript', 'JS', 'Launch', 'EmbeddedFile', 'EF', 'RichMedia', 'XFA', 'SubmitForm', 'GoToR', 'GoToE'];

/** The pages of a PDF, written anew without description, forms, links or anything that acts. Throws fileUnsafe, fileTooLarge. */
export async function cleanPdf(file: Buffer): Promise<Buffer> {
  checkEnd(file);
  checkStreams(file);
  const document = await opened(file);
  if (document.getPageCount() > mostPages) throw new PkiError('fileTooLarge', { limit: mostPages });
  for (const [, object] of document.context.enumerateIndirectObjects()) forEachDict(object, strip);
  const clean = await PDFDocument.create({ updateMetadata: false });
  for (const page of await clean.copyPages(document, document.getPageIndices())) clean.addPage(page);
  for (const [, object] of clean.context.enumerateIndirectObjects()) forEachDict(object, refuseActive);
  return Buffer.from(await clean.save({ useObjectStreams: false, addDefaultPage: false }));
}

/** What follows the end would be another file. */
function checkEnd(file: Buffer): void {
  const tail = file.subarray(-1024).toString('latin1');
  if (!/%%EOF\s*$/.test(tail)) throw unsafe('pdf does not end as one');
}

/** Unpacks every stream within bounds before any reader does. */
function checkStreams(file: Buffer): void {
  let unpacked = 0;
  let at = file.indexOf('stream');
  while (at !== -1) {
    const start = at + 'stream'.length + (file[at + 6] === 0x0d ? 2 : 1);
    const isStart = file.subarray(at - 3, at).toString('latin1') !== 'end';
    if (isStart) unpacked += unpackedLength(file.subarray(start, nextEnd(file, start)), mostUnpacked - unpacked);
    at = file.indexOf('stream', start);
  }
}

function nextEnd(file: Buffer, from: number): number {
  const end = file.indexOf('endstream', from);
  return end === -1 ? file.length : end;
}

/** 0 for what is not packed this way. */
function unpackedLength(packed: Buffer, most: number): number {
  if ((packed[0] ?? 0) % 16 !== 8) return 0;
  try {
    return inflateSync(packed, { maxOutputLength: Math.max(1, most) }).length;
  } catch (error) {
    const isBomb = error instanceof RangeError || (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
    if (isBomb) throw unsafe('pdf unpacks to too much');
    return 0;
  }
}

/** Locked and broken documents are refused alike. */
async function opened(file: Buffer): Promise<PDFDocument> {
  try {
    return await PDFDocument.load(file, { updateMetadata: false, throwOnInvalidObject: true });
  } catch {
    throw unsafe('pdf cannot be read');
  }
}

function strip(dict: PDFDict): void {
  for (const name of leftOut) dict.delete(PDFName.of(name));
}

function refuseActive(dict: PDFDict): void {
  for (const [key, value] of dict.entries()) {
    const names = [key, value].filter(object => object instanceof PDFName).map(name => name.decodeText());
    if (names.some(name => active.includes(name))) throw unsafe('pdf acts');
  }
}

/** Each dictionary in an object: its own, those inside it, those of arrays. References are visited as objects themselves. */
function forEachDict(object: PDFObject, visit: (dict: PDFDict) => void): void {
  if (object instanceof PDFStream) forEachDict(object.dict, visit);
  if (object instanceof PDFArray) for (const inner of object.asArray()) forEachDict(inner, visit);
  if (!(object instanceof PDFDict)) return;
  visit(object);
  for (const [, inner] of object.entries()) forEachDict(inner, visit);
}
