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
   * was read; where it throws nothing is written.
   */
  readonly append: (entries: readonly Entry[], admit: (entries: readonly Entry[]) => readonly Entry[]) => Promise<void>;
  /** Reads what other processes appended since. */
  readonly follow: () => void;
  readonly close: () => Promise<void>;
}

const sync = promisify(fdatasync);

/**
 * Opens the log and hands every whole line to `read`, in order. A last line without its end is what a crash left of a
 * write that nobody was told of; whoever appends next cuts it off.
 */
export async function openSharedLog<Entry>(file: string, read: (entry: Entry) => void): Promise<SharedLog<Entry>> {
  const descriptor = openSync(file, 'a+', 0o600);
  const lock = openFileLock(`${file}.lock`);
  const lines = openLines(descriptor, line => read(JSON.parse(line) as Entry));
  /** Lines that did not reach the disk for certain: written again before anything else may rely on them. */
  let owed = '';
  let isClosed = false;
  await alone(lock, lines.settle);
  await sync(descriptor);
  return {
    append: async (entries, admit) => {
      if (entries.length === 0 && owed === '') return;
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
  /** All of the text or none. Only while no other process writes. */
  readonly write: (text: string) => void;
}

const chunk = 1 << 20;

function openLines(descriptor: number, read: (line: string) => void): Lines {
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
      eachLine(octets.subarray(0, whole), read);
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
      cut();
      throw error;
    }
  };
  return { follow, settle, write };
}

function eachLine(octets: Buffer, read: (line: string) => void): void {
  for (let start = 0; start < octets.length;) {
    const end = octets.indexOf(0x0a, start);
    read(octets.toString('utf8', start, end));
    start = end + 1;
  }
}
