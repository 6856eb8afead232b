import { closeSync, fdatasync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { alone, openFileLock } from './file-lock.ts';

/**
 * A file of JSON lines that only grows, written and followed by several processes. What `append` has returned from is on
 * the disk.
 */
export interface SharedLog<Entry> {
  /**
   * Appends what `admit` lets in. It is asked while no other process can append, after everything that others appended
   * was read; where it throws nothing is written. What stood there before is on the disk, too, when this returns.
   */
  readonly append: (entries: readonly Entry[], admit: (entries: readonly Entry[]) => readonly Entry[]) => Promise<void>;
  /** The whole line that begins at this octet. */
  readonly at: (offset: number) => Entry;
  /** Reads what other processes appended since. */
  readonly follow: () => void;
  readonly close: () => Promise<void>;
}

const sync = promisify(fdatasync);

/**
 * Opens the log and hands every whole line to `read`, in order, with the octet where it begins. A last line without
 * its end is what a crash left of a write that nobody was told of; whoever appends next cuts it off.
 */
export async function openSharedLog<Entry>(
  file: string,
  read: (entry: Entry, offset: number) => void,
): Promise<SharedLog<Entry>> {
  const descriptor = openSync(file, 'a+', 0o600);
  const lock = openFileLock(`${file}.lock`);
  const lines = openLines(descriptor, (line, offset) => read(JSON.parse(line) as Entry, offset));
  /** Lines that did not reach the disk for certain: written again before anything else may rely on them. */
  let owed = '';
  let isClosed = false;
  await alone(lock, lines.settle);
  await sync(descriptor);
  return {
    append: async (entries, admit) => {
      const text = await alone(lock, () => {
        lines.settle();
        const admitted = admit(entries)
          .map(entry => `${JSON.stringify(entry)}\n`)
          .join('');
        lines.write(owed + admitted);
        lines.follow();
        return admitted;
      });
      await sync(descriptor).catch((error: unknown) => {
        owed += text;
        throw error;
      });
      owed = '';
    },
    at: offset => JSON.parse(lineAt(descriptor, offset)) as Entry,
    follow: lines.follow,
    close: () => {
      if (!isClosed) {
        lock.close();
        closeSync(descriptor);
      }
      isClosed = true;
      return Promise.resolve();
    },
  };
}

interface Lines {
  /** Reads whole lines up to the end. */
  readonly follow: () => void;
  /** The same, and cuts off what is no whole line. Only while no other process writes. */
  readonly settle: () => void;
  /**
   * Throws where not all of it could be written. Whole lines that were stay, for others may have read them; they count
   * as written. Only while no other process writes.
   */
  readonly write: (text: string) => void;
}

const chunk = 1 << 20;

function openLines(descriptor: number, read: (line: string, offset: number) => void): Lines {
  /** Octets up to here are whole lines that were read. */
  let known = 0;
  const cut = (): void => {
    if (fstatSync(descriptor).size > known) ftruncateSync(descriptor, known);
  };
  const follow = (): void => {
    const length = Math.min(fstatSync(descriptor).size - known, chunk);
    if (length <= 0) return;
    const octets = Buffer.allocUnsafeSlow(length);
    for (;;) {
      const whole = octets.subarray(0, readSync(descriptor, octets, 0, length, known)).lastIndexOf(0x0a) + 1;
      if (whole === 0) return;
      eachLine(octets.subarray(0, whole), (line, start) => read(line, known + start));
      known += whole;
    }
  };
  const settle = (): void => {
    follow();
    cut();
  };
  const write = (text: string): void => {
    const octets = Buffer.from(text);
    try {
      for (let at = 0; at < octets.length;) at += writeSync(descriptor, octets, at);
    } catch (error) {
      settle();
      throw error;
    }
  };
  return { follow, settle, write };
}

function eachLine(octets: Buffer, read: (line: string, start: number) => void): void {
  for (let start = 0; start < octets.length;) {
    const end = octets.indexOf(0x0a, start);
    read(octets.toString('utf8', start, end), start);
    start = end + 1;
  }
}

/** Longer than nearly every line. */
const usualLine = 4096;

function lineAt(descriptor: number, offset: number): string {
  for (let length = usualLine; ; length *= 4) {
    const octets = Buffer.allocUnsafe(length);
    const end = octets.subarray(0, readSync(descriptor, octets, 0, length, offset)).indexOf(0x0a);
    if (end >= 0) return octets.toString('utf8', 0, end);
    if (offset + length > fstatSync(descriptor).size) throw new RangeError(`no line begins at ${offset}`);
  }
}
