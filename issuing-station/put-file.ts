import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** In place of what is there: whole or not at all, on the disk when this returns, readable by its owner only. */
export function putFile(file: string, content: Uint8Array | string): void {
  writeSynced(`${file}.new`, content);
  renameSync(`${file}.new`, file);
  sync(dirname(file));
}

/** What an interruption left there is overwritten. */
function writeSynced(file: string, content: Uint8Array | string): void {
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
