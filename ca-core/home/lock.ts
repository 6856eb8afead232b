import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PkiError } from '../errors.ts';

/**
 * Makes this process the only CA core of a home; the function that gives it back. A lock whose process is gone (its
 * number is free, or was given to another program that started at another time) counts for nothing. Throws alreadyRunning.
 */
export function lockHome(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, 'running');
  const own = `${process.pid} ${startOf(process.pid) ?? ''}`;
  const unlock = (): void => rmSync(file, { force: true });
  try {
    writeFileSync(file, own, { flag: 'wx', mode: 0o600 });
    return unlock;
  } catch (error) {
    if (!isExists(error)) throw error;
  }
  const [pid = '', start = ''] = readFileSync(file, 'utf8').split(' ');
  if (startOf(Number(pid)) === start && start !== '') throw new PkiError('alreadyRunning', { pid: Number(pid) });
  rmSync(file, { force: true });
  writeFileSync(file, own, { flag: 'wx', mode: 0o600 });
  return unlock;
}

/** When a process started, in clock ticks since boot (field 22 of /proc/PID/stat, proc(5)); nothing where it is not there. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

const isExists = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EEXIST';
