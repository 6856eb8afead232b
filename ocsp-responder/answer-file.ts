/** The files of pre-produced answers, one for each form of CertID that is prepared: the primary's side. */
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as breathe } from 'node:timers/promises';
import { dueAtOf, isWholeSlot, slotHead, slotStampOf, writeSlot, type StoredAnswer } from './answer-slot.ts';

/** Where workers find the answers. */
export interface AnswerPlace {
  /** Paths by form. */
  readonly files: readonly string[];
  readonly slotLength: number;
}

export interface AnswerFiles {
  readonly place: AnswerPlace;
  /** False where it is too long to be kept. */
  readonly write: (form: number, slot: number, answer: StoredAnswer) => boolean;
  /** Takes the answers about one certificate out, in every form. */
  readonly erase: (slot: number) => void;
  /** Calls `found` with the status stamp and the due time of each whole answer of a form. */
  readonly scan: (
    form: number,
    slots: number,
    found: (slot: number, stamp: number, dueAt: number) => void,
  ) => Promise<void>;
  readonly close: () => void;
}

/** Opens the answers of this size, and drops those that an earlier signer or policy made in another size. */
export function openAnswerFiles(folder: string, forms: number, slotLength: number): AnswerFiles {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const names = Array.from({ length: forms }, (_, form) => `form-${form}-${slotLength}`);
  for (const name of readdirSync(folder)) if (/^form-/.test(name) && !names.includes(name)) rmSync(join(folder, name));
  const files = names.map(name => join(folder, name));
  const opened = files.map(file => openSync(file, existsSync(file) ? 'r+' : 'w+', 0o600));
  const buffer = Buffer.alloc(slotLength);
  const nothing = Buffer.alloc(slotHead);
  return {
    place: { files, slotLength },
    write: (form, slot, answer) => {
      const file = opened[form];
      if (file === undefined || !writeSlot(buffer, answer)) return false;
      writeSync(file, buffer, 0, slotLength, slot * slotLength);
      return true;
    },
    erase: slot => opened.forEach(file => writeSync(file, nothing, 0, slotHead, slot * slotLength)),
    scan: (form, slots, found) => scanFile({ file: opened[form] ?? -1, slotLength, slots }, found),
    close: () => opened.forEach(file => closeSync(file)),
  };
}

const slotsAtOnce = 2_048;

async function scanFile(
  { file, slotLength, slots }: { readonly file: number; readonly slotLength: number; readonly slots: number },
  found: (slot: number, stamp: number, dueAt: number) => void,
): Promise<void> {
  const chunk = Buffer.alloc(slotsAtOnce * slotLength);
  for (let first = 0; first < slots; first += slotsAtOnce) {
    const length = readSync(file, chunk, 0, Math.min(slotsAtOnce, slots - first) * slotLength, first * slotLength);
    for (let at = 0; at + slotLength <= length; at += slotLength) {
      const slot = chunk.subarray(at, at + slotLength);
      if (isWholeSlot(slot)) found(first + at / slotLength, slotStampOf(slot), dueAtOf(slot));
    }
    if (length === 0) return;
    await breathe();
  }
}
