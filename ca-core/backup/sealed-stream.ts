/**
 * Octets of any length under one key (STREAM, Hoang et al. 2015, as age has it): pieces of 64 KiB, AES-256-GCM, the nonce
 * a counter of 11 octets and one that says which piece is the last. Cut, reordered or joined pieces do not open.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { PkiError } from '../errors.ts';

const pieceOctets = 65_536;
const tagOctets = 16;

/** `key`: 32 octets that seal nothing else. */
export async function* sealStream(key: Uint8Array, octets: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void> {
  let counter = 0;
  for await (const { piece, isLast } of inPieces(octets, pieceOctets)) {
    const cipher = createCipheriv('aes-256-gcm', key, nonceOf(counter++, isLast));
    yield Buffer.concat([cipher.update(piece), cipher.final(), cipher.getAuthTag()]);
  }
}

/** Throws backupUnfit at the first piece that is not as it was sealed; what came before it is true. */
export async function* openStream(key: Uint8Array, octets: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void> {
  let counter = 0;
  for await (const { piece, isLast } of inPieces(octets, pieceOctets + tagOctets)) {
    yield openPiece(key, piece, nonceOf(counter++, isLast));
  }
}

function openPiece(key: Uint8Array, piece: Buffer, nonce: Buffer): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce);
    decipher.setAuthTag(piece.subarray(-tagOctets));
    return Buffer.concat([decipher.update(piece.subarray(0, -tagOctets)), decipher.final()]);
  } catch {
    throw new PkiError('backupUnfit', { reason: 'its octets were changed or cut' });
  }
}

function nonceOf(counter: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(counter, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

interface Piece {
  readonly piece: Buffer;
  readonly isLast: boolean;
}

/** Each of one length but the last, which there always is. */
async function* inPieces(octets: AsyncIterable<Uint8Array>, length: number): AsyncGenerator<Piece, void> {
  let rest = Buffer.alloc(0);
  for await (const some of octets) {
    rest = Buffer.concat([rest, some]);
    while (rest.length > length) {
      yield { piece: rest.subarray(0, length), isLast: false };
      rest = rest.subarray(length);
    }
  }
  yield { piece: rest, isLast: true };
}
