/** Reading what the primary has signed beforehand: one read of one slot, whatever the number of certificates. */
import { closeSync, openSync, readSync } from 'node:fs';
import { encodeSignedResponse, fromHex, responseTail, type ResponseTail } from '../ca-core/index.ts';
import type { Clock, UnixTime } from '../ca-core/clock.ts';
import { tagOf, type Answer } from './answer.ts';
import type { AnswerPlace } from './answer-file.ts';
import { isWholeSlot, slotHead } from './answer-slot.ts';
import type { SharedStatuses } from './shared-statuses.ts';
import { preparedForms } from './prepared-forms.ts';
import type { PreparedAnswers } from './respond.ts';
import type { ListedSigner } from './signer-list.ts';

export interface SharedAnswers extends PreparedAnswers {
  /** All signers whose answers are stored. */
  readonly follow: (signers: readonly ListedSigner[]) => void;
  readonly close: () => void;
}

export function openSharedAnswers(
  { files, slotLength }: AnswerPlace,
  statuses: Pick<SharedStatuses, 'search'>,
  clock: Clock,
): SharedAnswers {
  const opened = preparedForms.map((form, turn) => ({ form, file: openSync(files[turn] ?? '', 'r') }));
  const fileOf = (form: number): number | undefined => opened.find(one => one.form === form)?.file;
  const moulds: Moulds[] = [];
  const slot = Buffer.from(new ArrayBuffer(slotLength));
  const desk: Desk = { slot, words: new Int32Array(slot.buffer), moulds };
  return {
    find: (form, certId, serial) => {
      const file = fileOf(form);
      if (file === undefined) return undefined;
      // No other certificate's answer holds this CertID, so the answer itself says whether it is the one.
      const isAt = (number: number): boolean =>
        readSync(file, slot, 0, slotLength, number * slotLength) === slotLength && isAbout(certId, slot);
      return statuses.search(certId, serial, isAt) === -1 ? undefined : told(desk, clock.now());
    },
    follow: signers => {
      for (const { algorithm, certificate } of signers.slice(moulds.length)) {
        moulds.push(openMoulds(responseTail(algorithm, [fromHex(certificate)])));
      }
    },
    close: () => opened.forEach(({ file }) => closeSync(file)),
  };
}

interface Desk {
  /** The one that was read last. */
  readonly slot: Buffer;
  /** The same octets. */
  readonly words: Int32Array;
  /** By signer. */
  readonly moulds: readonly Moulds[];
}

function isAbout(certId: Buffer, slot: Buffer): boolean {
  const start = slotHead + slot.readUInt16LE(10);
  if (start + certId.length > slot.length) return false;
  return slot.compare(certId, 0, certId.length, start, start + certId.length) === 0;
}

/** The answer in the slot, where it is whole and between its thisUpdate and its nextUpdate. */
function told({ slot, words, moulds }: Desk, now: UnixTime): Answer | undefined {
  const [thisUpdate, nextUpdate] = [slot.readUInt32LE(12), slot.readUInt32LE(16)];
  if (now < thisUpdate || now >= nextUpdate || !isWholeSlot(slot, words)) return undefined;
  const ofSigner = moulds[slot.readUInt16LE(8)];
  if (ofSigner === undefined) return undefined;
  const dataEnd = slotHead + slot.readUInt16LE(4);
  const end = dataEnd + slot.readUInt16LE(6);
  const { whole, dataAt, signatureAt } = ofSigner(dataEnd - slotHead, end - dataEnd);
  const body = Buffer.allocUnsafe(whole.length);
  whole.copy(body);
  slot.copy(body, dataAt, slotHead, dataEnd);
  slot.copy(body, signatureAt, dataEnd, end);
  return { body, status: 'successful', life: { thisUpdate, nextUpdate, tag: tagOf(slot, end) } };
}

/** An answer with nothing in it yet: answers with parts of the same lengths differ in these two places only. */
interface Mould {
  readonly whole: Buffer;
  readonly dataAt: number;
  readonly signatureAt: number;
}

type Moulds = (dataLength: number, signatureLength: number) => Mould;

function openMoulds(tail: ResponseTail): Moulds {
  const known = new Map<number, Mould>();
  return (dataLength, signatureLength) => {
    const key = dataLength * 65_536 + signatureLength;
    const mould = known.get(key) ?? cast(tail, dataLength, signatureLength);
    known.set(key, mould);
    return mould;
  };
}

function cast(tail: ResponseTail, dataLength: number, signatureLength: number): Mould {
  const responseData = Buffer.alloc(dataLength, 0xa5);
  const whole = encodeSignedResponse({ responseData, signature: new Uint8Array(signatureLength) }, tail);
  const signatureAt = whole.length - tail.certificates.length - signatureLength;
  return { whole, dataAt: whole.indexOf(responseData), signatureAt };
}
