/** The parts of an .xlsx (ECMA-376: a ZIP archive), each inflated no further than is allowed. */
import type { Readable } from 'node:stream';
import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl';
import { PkiError } from '../../../ca-core/errors.ts';

export interface Archive {
  /** The part's octets, piece by piece; null where there is no such part. Throws tableUnreadable. */
  readonly open: (name: string) => Promise<Readable | null>;
}

const mostParts = 2_000;
/** Octets of all parts together, inflated. A workbook of 100,000 rows has about 60 MB. */
const mostInflated = 256 * 2 ** 20;
/** Deflate gives at most 1,032 octets for one; a sheet that repeats itself gives about 40. */
const mostRatio = 200;

export const unreadable = (reason: string): PkiError => new PkiError('tableUnreadable', { reason });

/** Throws tableUnreadable for what is no archive, or one that would grow beyond all bounds. */
export async function openArchive(octets: Uint8Array): Promise<Archive> {
  const file = await opened(octets);
  const entries = await entriesOf(file);
  return { open: name => partOf(file, entries.get(name.toLowerCase())) };
}

async function opened(octets: Uint8Array): Promise<ZipFile> {
  try {
    const buffer = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength);
    return await fromBufferPromise(buffer, { lazyEntries: true, autoClose: false, validateEntrySizes: true });
  } catch {
    throw unreadable('archive');
  }
}

async function entriesOf(file: ZipFile): Promise<ReadonlyMap<string, Entry>> {
  if (file.entryCount > mostParts) throw unreadable('too many parts');
  const entries = new Map<string, Entry>();
  let inflated = 0;
  try {
    for await (const entry of file.eachEntry()) {
      inflated += entry.uncompressedSize;
      if (entry.uncompressedSize > 2 ** 20 && entry.uncompressedSize > entry.compressedSize * mostRatio) {
        throw unreadable('inflates too much');
      }
      if (inflated > mostInflated) throw unreadable('too large');
      const name = entry.fileName.toLowerCase();
      if (entries.has(name)) throw unreadable('part twice');
      entries.set(name, entry);
    }
  } catch (error) {
    throw error instanceof PkiError ? error : unreadable('archive');
  }
  return entries;
}

/** The size that the directory tells is held to while the part is inflated. */
async function partOf(file: ZipFile, entry: Entry | undefined): Promise<Readable | null> {
  if (entry === undefined) return null;
  if (entry.isEncrypted()) throw unreadable('encrypted');
  try {
    return await file.openReadStreamPromise(entry);
  } catch {
    throw unreadable('part');
  }
}
