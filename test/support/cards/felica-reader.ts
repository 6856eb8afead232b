/** What a PC/SC driver makes of a FeliCa card: pseudo-APDUs, and a transparent session (PC/SC part 3, supplement). */
import type { FelicaCard } from './felica-card.ts';

/** The storage card ATR for FeliCa (PC/SC part 3 §3.1.3.2.3). */
export const felicaAtr = Buffer.from('3b8f8001804f0ca0000003061100 3b00000000 42'.replaceAll(' ', ''), 'hex');

export interface FelicaReader {
  /** The answer to an APDU, with its status word. Throws CardGone. */
  readonly transmit: (apdu: Uint8Array) => Uint8Array;
}

const done = [0x90, 0x00];
const words = {
  wrongLength: [0x67, 0x00],
  noService: [0x69, 0x86],
  unknown: [0x6d, 0x00],
  silent: [0x64, 0x01],
  refused: [0x6a, 0x82],
};

/** `isPlain` drivers know the storage card commands and the pass-through, but no transparent session. */
export function felicaReader(card: FelicaCard): FelicaReader {
  let service: number | null = null;
  let isOpen = false;
  const exchange = (frame: Uint8Array): Uint8Array | null => card.answer(frame);
  const idm = (): Uint8Array => card.idm(currentPlace);
  // The driver activates the first system; a poll passed through activates another.
  let currentPlace = 0;
  const passed = (frame: Uint8Array): Uint8Array | null => {
    const answer = exchange(frame);
    if (answer?.[1] === 0x01) currentPlace = (answer[2] ?? 0) >> 4;
    return answer;
  };
  const blocksOf = (list: Uint8Array): number[] =>
    Array.from({ length: list.length / 2 }, (_, at) => list[2 * at + 1] ?? 0);
  const asked = (code: number, blocks: readonly number[], octets: Uint8Array): Uint8Array => {
    const list = blocks.flatMap(block => [0x80, block]);
    const little = [(service ?? 0) & 0xff, (service ?? 0) >> 8];
    const body = [code, ...idm(), 1, ...little, blocks.length, ...list, ...octets];
    return Uint8Array.of(body.length + 1, ...body);
  };
  const read = (blocks: readonly number[]): number[] => {
    if (service === null) return words.noService;
    const answer = exchange(asked(0x06, blocks, new Uint8Array()));
    if (answer === null) return words.silent;
    return answer[10] === 0 ? [...answer.subarray(13), ...done] : words.refused;
  };
  const write = (blocks: readonly number[], octets: Uint8Array): number[] => {
    if (service === null) return words.noService;
    const answer = exchange(asked(0x08, blocks, octets));
    if (answer === null) return words.silent;
    return answer[10] === 0 ? done : words.refused;
  };
  const transparent = (kind: number, content: Uint8Array): number[] => {
    const well = [0xc0, 0x03, 0x00, 0x90, 0x00];
    if (kind === 0 && content[0] === 0x81) isOpen = true;
    else if (kind === 0 && content[0] === 0x82) isOpen = false;
    else if (!isOpen) return [0xc0, 0x03, 0x00, 0x69, 0x85, ...done];
    else if (kind === 1 && content[0] === 0x95) {
      const answer = passed(content.subarray(2, 2 + (content[1] ?? 0)));
      if (answer === null) return [0xc0, 0x03, 0x01, 0x64, 0x01, ...done];
      return [...well, 0x92, 0x01, 0x00, 0x96, 0x02, 0x00, 0x00, 0x97, answer.length, ...answer, ...done];
    }
    return [...well, ...done];
  };
  const act = (apdu: Uint8Array): number[] => {
    const [, instruction = 0, first = 0, second = 0, length = 0] = apdu;
    const content = apdu.subarray(5, 5 + length);
    switch (instruction) {
      case 0xca:
        return [...(first === 0 ? idm() : card.pmm), ...done];
      case 0xa4:
        if (content.length !== 2) return words.wrongLength;
        service = (content[0] ?? 0) | ((content[1] ?? 0) << 8);
        return done;
      case 0xb0:
        return read(first === 0x80 ? blocksOf(content) : [second]);
      case 0xd6:
        if (first !== 0x80) return write([second], content);
        return write(blocksOf(content.subarray(0, 2 * second)), content.subarray(2 * second));
      case 0xfe: {
        const answer = passed(content);
        return answer === null ? words.silent : [...answer, ...done];
      }
      case 0xc2:
        return transparent(second, content);
      default:
        return words.unknown;
    }
  };
  return { transmit: apdu => Uint8Array.from(apdu[0] === 0xff ? act(apdu) : [0x6e, 0x00]) };
}
