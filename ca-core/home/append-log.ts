import { existsSync, readFileSync, truncateSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** A file of JSON lines that only grows. What `append` has returned from is on the disk. */
export interface AppendLog<Entry> {
  readonly append: (entries: readonly Entry[]) => Promise<void>;
  readonly close: () => Promise<void>;
}

/**
 * Opens the log and hands every whole line to `read`, in order. A last line without its end is what a crash left of a
 * write that nobody was told of; it is cut off.
 */
export async function openAppendLog<Entry>(file: string, read: (entry: Entry) => void): Promise<AppendLog<Entry>> {
  if (existsSync(file)) readEntries(file, read);
  const handle = await open(file, 'a', 0o600);
  await handle.sync();
  return { append: entries => appendTo(handle, entries), close: () => handle.close() };
}

async function appendTo(handle: FileHandle, entries: readonly unknown[]): Promise<void> {
  if (entries.length === 0) return;
  await handle.appendFile(entries.map(entry => `${JSON.stringify(entry)}\n`).join(''));
  await handle.datasync();
}

function readEntries(file: string, read: (entry: never) => void): void {
  const bytes = readFileSync(file);
  const whole = bytes.lastIndexOf(0x0a) + 1;
  if (whole < bytes.length) truncateSync(file, whole);
  for (let start = 0; start < whole;) {
    const end = bytes.indexOf(0x0a, start);
    read(JSON.parse(bytes.toString('utf8', start, end)) as never);
    start = end + 1;
  }
}
