/** A CRL on its way to its signature: written to a file, linted there, and never in memory as a whole. */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { tlvHeader } from './x509/der.ts';
import { piecesOf, type Octets } from './x509/octets.ts';
import { signatureTail, type SigningKey } from './x509/signed.ts';

export interface OctetsFile {
  readonly octets: Octets;
  /** SHA-256, hex. */
  readonly hash: string;
  /** Closes it and takes it away. */
  readonly remove: () => void;
}

/** The pieces one after another in a new file. */
export async function writePieces(file: string, pieces: Iterable<Uint8Array>): Promise<OctetsFile> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const descriptor = openSync(file, 'w+', 0o600);
  const remove = (): void => {
    closeSync(descriptor);
    rmSync(file, { force: true });
  };
  try {
    const { length, hash } = await writeInto(descriptor, pieces);
    return { octets: { length, read: (from, to, into) => readPart(descriptor, { from, to, into }) }, hash, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

async function writeInto(descriptor: number, pieces: Iterable<Uint8Array>): Promise<{ length: number; hash: string }> {
  const hash = createHash('sha256');
  let length = 0;
  let written = 0;
  for (const piece of pieces) {
    hash.update(piece);
    for (let at = 0; at < piece.length;) at += writeSync(descriptor, piece, at);
    length += piece.length;
    if (++written % piecesPerBreath === 0) await breathe();
  }
  return { length, hash: hash.digest('hex') };
}

/** The signed CertificateList in a file, synced. Throws signerUnfit where the signature does not verify. */
export async function writeSigned(file: string, tbs: Octets, key: SigningKey): Promise<OctetsFile> {
  const tail = await signatureTail(() => piecesOf(tbs), key);
  const signed = await writePieces(file, signedPieces(tbs, tail));
  try {
    syncFile(file);
    return signed;
  } catch (error) {
    signed.remove();
    throw error;
  }
}

function syncFile(file: string): void {
  const descriptor = openSync(file, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const piecesPerBreath = 64;

function* signedPieces(tbs: Octets, tail: Uint8Array): Generator<Uint8Array, void> {
  yield tlvHeader(0x30, tbs.length + tail.length);
  yield* piecesOf(tbs);
  yield tail;
}

interface Part {
  readonly from: number;
  readonly to: number;
  readonly into: Buffer | undefined;
}

function readPart(descriptor: number, { from, to, into }: Part): Uint8Array {
  const length = to - from;
  const part = into !== undefined && into.length >= length ? into.subarray(0, length) : Buffer.allocUnsafe(length);
  for (let at = 0; at < part.length;) {
    const read = readSync(descriptor, part, at, part.length - at, from + at);
    if (read === 0) throw new Error('a CRL file became shorter while it was read');
    at += read;
  }
  return part;
}
