/** FeliCa frames (JIS X 6319-4), each beginning with its own length: what is sent, and what the answers mean. */
import { PkiError } from '../../ca-core/errors.ts';
import { fromHex, toHex } from '../../ca-core/x509/der.ts';

export const blockOctets = 16;
const idmOctets = 8;

/** Asks the card for one of its systems; no time slots. */
export function encodePolling(systemCode: number): Uint8Array {
  return Uint8Array.of(6, 0x00, systemCode >> 8, systemCode & 0xff, 0, 0);
}

export interface Polled {
  /** Hex; its upper four bits name the system. */
  readonly idm: string;
  readonly pmm: string;
}

/** Null for an answer that is none. */
export function decodePolling(answer: Uint8Array): Polled | null {
  if (answer.length < 18 || answer[0] !== answer.length || answer[1] !== 0x01) return null;
  return { idm: toHex(answer.subarray(2, 10)), pmm: toHex(answer.subarray(10, 18)) };
}

/** Blocks of one service: of no more than 256, so that each is named in two octets. */
export interface BlockRange {
  readonly serviceCode: number;
  readonly firstBlock: number;
  readonly blockCount: number;
}

/** `80 block` for each. */
export function blockList({ firstBlock, blockCount }: BlockRange): readonly number[] {
  return Array.from({ length: blockCount }, (_, at) => [0x80, firstBlock + at]).flat();
}

/** A service code goes little-endian. */
export const littleEndian = (code: number): readonly number[] => [code & 0xff, code >> 8];

/** Read Without Encryption. */
export function encodeRead(idm: string, range: BlockRange): Uint8Array {
  return framed([0x06, ...fromHex(idm), 1, ...littleEndian(range.serviceCode), range.blockCount, ...blockList(range)]);
}

/** The blocks. Throws cardForeign {reason}, cardGone for an answer to something else. */
export function decodeRead(answer: Uint8Array, idm: string, { blockCount }: BlockRange): Uint8Array {
  checkStatus(answer, { code: 0x07, idm });
  const blocks = answer.subarray(13);
  if (answer[12] !== blockCount || blocks.length !== blockCount * blockOctets) throw strange();
  return Uint8Array.from(blocks);
}

/** Write Without Encryption. */
export function encodeWrite(idm: string, range: BlockRange, octets: Uint8Array): Uint8Array {
  const { serviceCode, blockCount } = range;
  return framed([0x08, ...fromHex(idm), 1, ...littleEndian(serviceCode), blockCount, ...blockList(range), ...octets]);
}

/** Throws cardForeign {reason}, cardGone for an answer to something else. */
export function checkWritten(answer: Uint8Array, idm: string): void {
  checkStatus(answer, { code: 0x09, idm });
}

const framed = (octets: readonly number[]): Uint8Array => Uint8Array.of(octets.length + 1, ...octets);

/** What status flag 2 says of cards that are not what is wanted. */
const reasons: Readonly<Record<number, string>> = {
  0xa1: 'count',
  0xa5: 'readOnly',
  0xa6: 'service',
  0xa8: 'block',
  0xb1: 'authentication',
};

function checkStatus(answer: Uint8Array, { code, idm }: { readonly code: number; readonly idm: string }): void {
  const isWhole = answer.length >= 4 + idmOctets && answer[0] === answer.length && answer[1] === code;
  if (!isWhole || toHex(answer.subarray(2, 2 + idmOctets)) !== idm) throw strange();
  const [flag1 = 0, flag2 = 0] = answer.subarray(10);
  if (flag1 !== 0)
    throw new PkiError('cardForeign', { reason: reasons[flag2] ?? `status ${toHex(answer.subarray(10, 12))}` });
}

/** Noise, or another card in the field by now. */
const strange = (): PkiError => new PkiError('cardGone', { during: 'talking' });
