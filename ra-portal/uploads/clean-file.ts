import { PkiError } from '../../ca-core/errors.ts';
import { cleanHeic } from './clean-heic.ts';
import { cleanJpeg } from './clean-jpeg.ts';
import { cleanPdf } from './clean-pdf.ts';
import { cleanPng } from './clean-png.ts';
import { fileKindOf, type FileKind } from './file-kind.ts';
import { showHeic } from './show-heic.ts';
import { mostOctets, unsafe } from './unsafe.ts';

export interface CleanFile {
  readonly kind: FileKind;
  readonly file: Buffer;
  /** The same picture as a JPEG, where browsers do not draw the file itself. */
  readonly shown: Buffer | null;
}

const cleaners: Readonly<Record<FileKind, (file: Buffer) => Buffer | Promise<Buffer>>> = {
  pdf: cleanPdf,
  jpeg: cleanJpeg,
  png: cleanPng,
  heic: cleanHeic,
};

/** The picture or the pages, and nothing besides. Throws fileTooLarge, fileKindUnknown, fileUnsafe. */
export async function cleanFile(given: Buffer): Promise<CleanFile> {
  if (given.length > mostOctets) throw new PkiError('fileTooLarge', { limit: mostOctets });
  const kind = fileKindOf(given);
  if (kind === null) throw new PkiError('fileKindUnknown');
  const file = await cleaners[kind](given);
  if (file.length > 2 * mostOctets) throw new PkiError('fileTooLarge', { limit: mostOctets });
  if (isZipToo(file)) throw unsafe('also a zip archive');
  return { kind, file, shown: kind === 'heic' ? await showHeic(file) : null };
}

/** A zip archive is read from its end: a directory whose comment reaches just there makes one of any file. */
function isZipToo(file: Buffer): boolean {
  const from = Math.max(0, file.length - 65_557);
  for (
    let at = file.indexOf('PK\x05\x06', from, 'latin1');
    at !== -1;
    at = file.indexOf('PK\x05\x06', at + 1, 'latin1')
  ) {
    if (at + 22 <= file.length && at + 22 + file.readUInt16LE(at + 20) === file.length) return true;
  }
  return false;
}
