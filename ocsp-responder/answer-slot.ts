/**
 * One pre-produced answer as it lies in its file: checksum, lengths of ResponseData and signature, which signer, where
 * the CertID stands, thisUpdate, nextUpdate, when it is due again, the stamp of the status that it tells; then
 * ResponseData and signature, then zeros. The signer's certificate is the same for all and is added on the way out.
 */

export const slotHead = 28;

export interface StoredAnswer {
  readonly responseData: Uint8Array;
  readonly signature: Uint8Array;
  /** Index in the list of signers. */
  readonly signer: number;
  /** Offset of the CertID in the ResponseData. */
  readonly certIdAt: number;
  readonly thisUpdate: number;
  readonly nextUpdate: number;
  readonly refreshAt: number;
  readonly stamp: number;
}

/** A slot is `slot.length` octets, a multiple of four. False where the answer is too long for it. */
export function writeSlot(slot: Buffer, answer: StoredAnswer): boolean {
  const { responseData, signature } = answer;
  if (slotHead + responseData.length + signature.length > slot.length) return false;
  slot.fill(0);
  slot.writeUInt16LE(responseData.length, 4);
  slot.writeUInt16LE(signature.length, 6);
  slot.writeUInt16LE(answer.signer, 8);
  slot.writeUInt16LE(answer.certIdAt, 10);
  slot.writeUInt32LE(answer.thisUpdate, 12);
  slot.writeUInt32LE(answer.nextUpdate, 16);
  slot.writeUInt32LE(answer.refreshAt, 20);
  slot.writeInt32LE(answer.stamp, 24);
  slot.set(responseData, slotHead);
  slot.set(signature, slotHead + responseData.length);
  slot.writeInt32LE(checksumOf(wordsOf(slot)), 0);
  return true;
}

/** False for an empty slot, a torn and a rotten one. `words` are the same octets, where a caller has them at hand. */
export function isWholeSlot(slot: Buffer, words = wordsOf(slot)): boolean {
  return slot.readUInt16LE(4) !== 0 && slot.readInt32LE(0) === checksumOf(words);
}

export const dueAtOf = (slot: Buffer): number => slot.readUInt32LE(20);
export const slotStampOf = (slot: Buffer): number => slot.readInt32LE(24);

const wordsOf = (slot: Buffer): Int32Array => new Int32Array(slot.buffer, slot.byteOffset, slot.length >> 2);

/** Mixes words, not octets: it is done for each answer that goes out. */
function checksumOf(words: Int32Array): number {
  let sum = 0x811c9dc5 | 0;
  for (let at = 1; at < words.length; at++) sum = Math.imul(sum ^ (words[at] ?? 0), 0x01000193) ^ (sum >>> 15);
  return sum;
}
