/** The holder's own PKCS#12 files: one for each pass, for nobody else to read, worthless without card and portal. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface PassFolder {
  /** Throws what the file system says. */
  readonly checkWritable: () => void;
  /** The path, or null where there is none. */
  readonly find: (id: string) => string | null;
  /** On the disk before it returns its path. */
  readonly keep: (id: string, pkcs12: Uint8Array) => string;
}

export function openPassFolder(folder: string): PassFolder {
  const pathOf = (id: string): string => join(folder, `${id}.p12`);
  const keep = (id: string, octets: Uint8Array): string => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const path = pathOf(id);
    const file = openSync(`${path}.new`, 'w', 0o600);
    try {
      writeSync(file, octets);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(`${path}.new`, path);
    return path;
  };
  return {
    keep,
    find: id => (existsSync(pathOf(id)) ? pathOf(id) : null),
    checkWritable: () => {
      rmSync(keep('writable', new Uint8Array(1)));
    },
  };
}
