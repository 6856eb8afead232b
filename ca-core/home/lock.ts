import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PkiError } from '../errors.ts';
import { openFileLock } from './file-lock.ts';

/** One of the places in a home; whoever has it is the only worker of that number until it leaves or ends. */
export interface Seat {
  /** From 1. */
  readonly number: number;
  /** Whether another process, or this one, sits there now. */
  readonly isTaken: (number: number) => boolean;
  readonly leave: () => void;
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
    return { number, isTaken: other => other === number || isTaken(folder, other), leave: lock.close };
  }
  throw new PkiError('alreadyRunning', { pid: pidAt(folder) });
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
