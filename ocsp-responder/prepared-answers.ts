/** Reading what the primary has signed beforehand: one read of one slot, whatever the number of certificates. */
import { closeSync, openSync, readSync } from 'node:fs';
import { encodeSignedResponse, fromHex, responseTail, type ResponseTail } from '../ca-core/index.ts';
import type { Clock } from '../ca-core/clock.ts';
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
  statuses: Pick<SharedStatuses, 'slotOf'>,
  clock: Clock,
): SharedAnswers {
  const opened = preparedForms.map((form, turn) => ({ form, file: openSync(files[turn] ?? '', 'r') }));
  const fileOf = (form: number): number | undefined => opened.find(one => one.form === form)?.file;
  const tails: ResponseTail[] = [];
  const slot = Buffer.alloc(slotLength);
  const words: Answers = { slot, tails, clock };
  return {
    find: (form, certId, { start, end }) => {
      const file = fileOf(form);
      const number = file === undefined ? -1 : statuses.slotOf(certId, start, end);
      if (file === undefined || number === -1) return undefined;
      return readSync(file, slot, 0, slotLength, number * slotLength) === slotLength ? told(certId, words) : undefined;
    },
    follow: signers => {
      for (const { algorithm, certificate } of signers.slice(tails.length)) {
        tails.push(responseTail(algorithm, [fromHex(certificate)]));
      }
    },
    close: () => opened.forEach(({ file }) => closeSync(file)),
  };
}

interface Answers {
  readonly slot: Buffer;
  readonly tails: readonly ResponseTail[];
  readonly clock: Clock;
}

/** The answer in the slot: whole, between its thisUpdate and its nextUpdate, and about exactly this CertID. */
function told(certId: Buffer, { slot, tails, clock }: Answers): Answer | undefined {
  const [thisUpdate, nextUpdate] = [slot.readUInt32LE(12), slot.readUInt32LE(16)];
  const now = clock.now();
  if (now < thisUpdate || now >= nextUpdate || !isWholeSlot(slot)) return undefined;
  const tail = tails[slot.readUInt16LE(8)];
  const end = slotHead + slot.readUInt16LE(4);
  const certIdAt = slotHead + slot.readUInt16LE(10);
  if (tail === undefined || slot.compare(certId, 0, certId.length, certIdAt, certIdAt + certId.length) !== 0) {
    return undefined;
  }
  const signature = slot.subarray(end, end + slot.readUInt16LE(6));
  const body = encodeSignedResponse({ responseData: slot.subarray(slotHead, end), signature }, tail);
  const life = { thisUpdate, nextUpdate, tag: tagOf(signature) };
  return { body, status: 'successful', life };
}
