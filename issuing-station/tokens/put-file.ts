import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Whole or not at all, and on the disk when this returns; readable by its owner only. */
export function putFile(file: string, content: Uint8Array | string): void {
  putNewFile(`${file}.new`, content);
  renameSync(`${file}.new`, file);
  sync(dirname(file));
}

/** A file that may only be there already where an interruption left it. */
export function putNewFile(file: string, content: Uint8Array | string): void {
  const descriptor = openSync(file, 'w', 0o600);
  try {
    const octets = Buffer.from(content);
    for (let at = 0; at < octets.length;) at += writeSync(descriptor, octets, at);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function sync(folder: string): void {
  const descriptor = openSync(folder, 'r');
  fsyncSync(descriptor);
  closeSync(descriptor);
}
