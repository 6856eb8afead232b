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
  const tails: ResponseTail[] = [];
  const slot = Buffer.from(new ArrayBuffer(slotLength));
  const desk: Desk = { slot, words: new Int32Array(slot.buffer), tails };
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
      for (const { algorithm, certificate } of signers.slice(tails.length)) {
        tails.push(responseTail(algorithm, [fromHex(certificate)]));
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
  readonly tails: readonly ResponseTail[];
}

function isAbout(certId: Buffer, slot: Buffer): boolean {
  const start = slotHead + slot.readUInt16LE(10);
  if (start + certId.length > slot.length) return false;
  return slot.compare(certId, 0, certId.length, start, start + certId.length) === 0;
}

/** The answer in the slot, where it is whole and between its thisUpdate and its nextUpdate. */
function told({ slot, words, tails }: Desk, now: UnixTime): Answer | undefined {
  const [thisUpdate, nextUpdate] = [slot.readUInt32LE(12), slot.readUInt32LE(16)];
  if (now < thisUpdate || now >= nextUpdate || !isWholeSlot(slot, words)) return undefined;
  const tail = tails[slot.readUInt16LE(8)];
  if (tail === undefined) return undefined;
  const end = slotHead + slot.readUInt16LE(4);
  const signature = slot.subarray(end, end + slot.readUInt16LE(6));
  const body = encodeSignedResponse({ responseData: slot.subarray(slotHead, end), signature }, tail);
  return { body, status: 'successful', life: { thisUpdate, nextUpdate, tag: tagOf(signature) } };
}
