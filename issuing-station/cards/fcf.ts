/** The ID of the FCF format (0xFE00, service 0x1A8B): what everybody may read, and what proves nothing. */

export interface FcfId {
  /** Two octets, hex: the class of user. */
  readonly userClass: string;
  /** Twelve characters at most: a student's or staff number. */
  readonly id: string;
  /** In half-width kana. */
  readonly name: string;
}

/** Block 0: class (2), number (12), two octets more; block 1: the name in Shift_JIS, filled up. */
export function decodeFcfId(blocks: Uint8Array): FcfId {
  return {
    userClass: Buffer.from(blocks.subarray(0, 2)).toString('hex'),
    id: textOf(blocks.subarray(2, 14)),
    name: textOf(blocks.subarray(16, 32)),
  };
}

/** Without what fills it up; nothing that a terminal would act on. */
function textOf(octets: Uint8Array): string {
  return new TextDecoder('shift_jis')
    .decode(octets)
    .replace(/\p{Cc}/gu, '')
    .trim();
}
