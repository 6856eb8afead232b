import { concat } from './der.ts';

/** Octets that may be too many to be held at once: an array, or a file of which parts are read. */
export interface Octets {
  readonly length: number;
  /**
   * The octets from `from` up to `to`, which must lie within: a view, or read anew; into `into` where that is given and
   * long enough.
   */
  readonly read: (from: number, to: number, into?: Buffer) => Uint8Array;
}

export function octetsOf(bytes: Uint8Array): Octets {
  return { length: bytes.length, read: (from, to) => bytes.subarray(from, to) };
}

/** A part of some octets. */
export function partOf(octets: Octets, start: number, end: number): Octets {
  return { length: end - start, read: (from, to, into) => octets.read(start + from, start + to, into) };
}

const pieceSize = 1 << 20;

/** All of them, piece by piece. A piece is good until the next one is asked for. */
export function* piecesOf(octets: Octets): Generator<Uint8Array, void> {
  const into = Buffer.allocUnsafeSlow(Math.min(pieceSize, octets.length));
  for (let at = 0; at < octets.length; at += pieceSize) {
    yield octets.read(at, Math.min(at + pieceSize, octets.length), into);
  }
}

/** All pieces side by side, each copied while it is good. */
export function collect(pieces: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> {
  return concat(...Array.from(pieces, piece => new Uint8Array(piece)));
}
