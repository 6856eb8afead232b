import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PkiError } from '../errors.ts';
import { openFileLock } from './file-lock.ts';

/** One of the places in a home; whoever has it is the only worker of that number until it leaves or ends. */
export interface Seat {
  /** From 1. */
  readonly number: number;
  /** The other seats where somebody sits now, however many this home was said to have. */
  readonly others: () => readonly number[];
  readonly leave: () => void;
}

/** Makes this process the only one of its kind in a folder; the function that gives it back. Throws alreadyRunning. */
export function lockHome(folder: string): () => void {
  return takeSeat(folder).leave;
}

/** Takes the first free seat of a home that has so many. Throws alreadyRunning where all are taken. */
export function takeSeat(folder: string, seats = 1): Seat {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (let number = 1; number <= seats; number++) {
    const lock = openFileLock(lockFile(folder, number));
    if (!lock.take()) {
      lock.close();
      continue;
    }
    writeFileSync(pidFile(folder, number), String(process.pid), { mode: 0o600 });
    return {
      number,
      others: () => seatsOf(folder).filter(one => one !== number && isTaken(folder, one)),
      leave: lock.close,
    };
  }
  throw new PkiError('alreadyRunning', { pid: pidAt(folder) });
}

function seatsOf(folder: string): number[] {
  return readdirSync(folder).flatMap(name => {
    const number = /^seat-(\d+)\.lock$/.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}

function isTaken(folder: string, number: number): boolean {
  const lock = openFileLock(lockFile(folder, number));
  const isFree = lock.take();
  lock.close();
  return !isFree;
}

/** For people: which program it is. */
function pidAt(folder: string): number {
  try {
    return Number(readFileSync(pidFile(folder, 1), 'utf8'));
  } catch {
    return 0;
  }
}

const lockFile = (folder: string, number: number): string => join(folder, `seat-${number}.lock`);
const pidFile = (folder: string, number: number): string => join(folder, `seat-${number}.pid`);
