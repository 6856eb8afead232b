/** Archives as they are made: files go in one after the other, what is done flows out. */
import type { Readable } from 'node:stream';
import { ZipFile } from 'yazl';

export interface Zip {
  readonly add: (name: string, octets: Uint8Array) => void;
  readonly end: () => void;
  readonly stream: Readable;
}

/** What is encrypted already is stored as it is. Times in the archive are `at` (Unix seconds). */
export function openZip(at: number): Zip {
  const file = new ZipFile();
  const mtime = new Date(at * 1000);
  return {
    add: (name, octets) => file.addBuffer(Buffer.from(octets), name, { mtime, mode: 0o100600, compress: false }),
    end: () => file.end(),
    stream: file.outputStream as unknown as Readable,
  };
}
