/** The PIN, and the promise that a wrong one is tried once: a few wrong PINs lock a token for good. */
import { linkSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fail } from './pkcs11-failure.ts';

/** The PIN in a file, without the line end. Throws a TokenFailure when it cannot be read. */
export function readPin(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch {
    throw fail('lost', `the PIN file ${file} cannot be read`);
  }
}

/** accepted and refused are the token's words; unknown is a login that did not come so far. */
export type LoginOutcome = 'accepted' | 'refused' | 'unknown';

export interface PinGuard {
  /** Whether the file's PIN, as it now stands, may be tried; `busy` while another program of the same CA tries it. */
  readonly begin: () => 'try' | 'refused' | 'busy';
  /** After each `try`. */
  readonly end: (outcome: LoginOutcome) => void;
}

/** Remembers a refused PIN in the file `memory`, for all programs of a CA and over their restarts. */
export function openPinGuard(pinFile: string, memory: string | undefined): PinGuard {
  let refused: string | undefined;
  return {
    begin: () => {
      if (memory !== undefined && !takeTurn(memory)) return 'busy';
      refused = (memory === undefined ? undefined : textIn(memory)) ?? refused;
      if (refused === undefined || refused !== stateOf(pinFile)) return 'try';
      leaveTurn(memory);
      return 'refused';
    },
    end: outcome => {
      if (outcome === 'refused') refused = stateOf(pinFile);
      if (outcome === 'accepted') refused = undefined;
      if (memory !== undefined) remember(memory, refused);
      leaveTurn(memory);
    },
  };
}

/** Milliseconds after which a turn belongs to a program that was killed: no login takes as long. */
const longestTurn = 30_000;

/** A file that only one can make; its age is told by the file system, which wrote both. */
function takeTurn(memory: string): boolean {
  const [own, turn] = [`${memory}.${process.pid}`, `${memory}.turn`];
  writeFileSync(own, '', { mode: 0o600 });
  try {
    const taken = statSync(turn, { throwIfNoEntry: false });
    if (taken !== undefined && statSync(own).mtimeMs - taken.mtimeMs > longestTurn) rmSync(turn, { force: true });
    linkSync(own, turn);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function leaveTurn(memory: string | undefined): void {
  if (memory !== undefined) rmSync(`${memory}.turn`, { force: true });
}

function remember(memory: string, refused: string | undefined): void {
  if (refused === undefined) rmSync(memory, { force: true });
  else writeFileSync(memory, refused, { mode: 0o600 });
}

/** Which writing of the file this is; nothing that tells about the PIN. */
function stateOf(file: string): string {
  const stat = statSync(file, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? 'missing' : `${stat.ino} ${stat.size} ${stat.mtimeNs}\n`;
}

function textIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
