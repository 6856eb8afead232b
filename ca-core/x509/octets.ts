/** Octets that may be too many to be held at once: an array, or a file of which parts are read. */
export interface Octets {
  readonly length: number;
  /** The octets from `from` up to `to`, which must lie within. They may be read anew, or be a view. */
  readonly read: (from: number, to: number) => Uint8Array;
}

export function octetsOf(bytes: Uint8Array): Octets {
  return { length: bytes.length, read: (from, to) => bytes.subarray(from, to) };
}

/** A part of some octets. */
export function partOf(octets: Octets, start: number, end: number): Octets {
  return { length: end - start, read: (from, to) => octets.read(start + from, start + to) };
}

const pieceSize = 1 << 20;

/** All of them, piece by piece. */
export function* piecesOf(octets: Octets): Generator<Uint8Array, void> {
  for (let at = 0; at < octets.length; at += pieceSize) {
    yield octets.read(at, Math.min(at + pieceSize, octets.length));
  }
}
