/** The PIN, and the promise that a wrong one is tried once: a few wrong PINs lock a token for good. */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fail } from './pkcs11-failure.ts';

/** The PIN in a file, without the line end. Throws a TokenFailure when it cannot be read. */
export function readPin(file: string): string {
  try {
    return readFileSync(file, 'utf8').replace(/\r?\n$/, '');
  } catch {
    throw fail('lost', `the PIN file ${file} cannot be read`);
  }
}

export interface PinGuard {
  /** Whether the file's PIN, as it now stands, has not been refused yet. */
  readonly mayTry: () => boolean;
  readonly refused: () => void;
  readonly accepted: () => void;
}

/** Remembers a refused PIN in the file `memory`, so that starting anew is no second try. */
export function openPinGuard(pinFile: string, memory: string | undefined): PinGuard {
  let refused = memory === undefined ? undefined : textIn(memory);
  return {
    mayTry: () => refused === undefined || refused !== stateOf(pinFile),
    refused: () => {
      refused = stateOf(pinFile);
      if (memory !== undefined) writeFileSync(memory, refused, { mode: 0o600 });
    },
    accepted: () => {
      if (refused !== undefined && memory !== undefined) rmSync(memory, { force: true });
      refused = undefined;
    },
  };
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
