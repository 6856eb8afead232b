/** Archives as they are made: files go in one after the other, what is done flows out. */
import type { Readable } from 'node:stream';
import { ZipFile } from 'yazl';

export interface Zip {
  /** What is encrypted already: stored as it is. */
  readonly add: (name: string, octets: Uint8Array) => void;
  /** Deflated. */
  readonly addText: (name: string, text: string) => void;
  readonly end: () => void;
  readonly stream: Readable;
}

/** Times in the archive are `at` (Unix seconds). */
export function openZip(at: number): Zip {
  const file = new ZipFile();
  const mtime = new Date(at * 1000);
  return {
    add: (name, octets) => file.addBuffer(Buffer.from(octets), name, { mtime, mode: 0o100600, compress: false }),
    addText: (name, text) => file.addBuffer(Buffer.from(text), name, { mtime, mode: 0o100600 }),
    end: () => file.end(),
    stream: file.outputStream as unknown as Readable,
  };
}
