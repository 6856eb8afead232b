/** A backup as a file: a line that says what it is and for whom, then its lines, compressed and sealed. */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline, Readable, type Transform } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { createGunzip, createGzip } from 'node:zlib';
import type { UnixTime } from '../clock.ts';
import { openFileKey, sealFileKey } from '../delivery/seal-file-key.ts';
import { PkiError } from '../errors.ts';
import { z } from '../schema.ts';
import { openTally, readLine, type BackupBegin, type BackupEnd, type BackupLine } from './backup-lines.ts';
import { openStream, sealStream } from './sealed-stream.ts';

/** What anybody may read of it. */
const heading = z.strictObject({
  kakuinBackup: z.literal(1),
  at: z.number().int().nonnegative(),
  /** SHA-256 of the public key that it is sealed to, hex. */
  recipient: z.string().regex(/^[0-9a-f]{64}$/),
  key: z.base64(),
});
export type BackupHeading = z.infer<typeof heading>;

const longestHeading = 4096;

export interface WrittenBackup {
  readonly octets: number;
  /** Of the whole file, hex. */
  readonly sha256: string;
  /** Opens this one file, and is forgotten once it has been read back. */
  readonly fileKey: Uint8Array;
}

export interface BackupToWrite {
  readonly file: string;
  readonly at: UnixTime;
  /** Hex. */
  readonly publicKey: string;
  readonly lines: AsyncIterable<string>;
}

/** Writes and syncs a file that must not be there. */
export async function writeBackup({ file, at, publicKey, lines }: BackupToWrite): Promise<WrittenBackup> {
  const fileKey = randomBytes(32);
  const recipient = createHash('sha256').update(Buffer.from(publicKey, 'hex')).digest('hex');
  const key = await sealFileKey(publicKey, fileKey, aboutOf({ at, recipient }));
  const head = { kakuinBackup: 1, at, recipient, key: Buffer.from(key).toString('base64') } as const;
  const handle = await open(file, 'wx', 0o600);
  const hash = createHash('sha256');
  let octets = 0;
  const put = async (some: Uint8Array): Promise<void> => {
    await handle.writeFile(some);
    hash.update(some);
    octets += some.length;
  };
  try {
    await put(Buffer.from(`${JSON.stringify(head)}\n`));
    const compressed = through(Readable.from(lines), createGzip({ level: 4 }));
    for await (const piece of sealStream(fileKey, compressed)) await put(piece);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { octets, sha256: hash.digest('hex'), fileKey };
}

/** Throws backupUnfit for a file that is no backup. */
export async function readHeading(file: string): Promise<{ readonly head: BackupHeading; readonly length: number }> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(longestHeading), 0, longestHeading, 0);
    const end = buffer.subarray(0, bytesRead).indexOf(0x0a);
    return { head: heading.parse(JSON.parse(buffer.toString('utf8', 0, Math.max(end, 0)))), length: end + 1 };
  } catch {
    throw new PkiError('backupUnfit', { reason: 'the file is no backup of Kakuin' });
  } finally {
    await handle.close();
  }
}

/** The key of its octets, by the operators' private key. Throws backupUnfit where that is of another. */
export async function fileKeyOf(file: string, privateKey: Uint8Array): Promise<Uint8Array> {
  const { head } = await readHeading(file);
  return openFileKey(privateKey, Buffer.from(head.key, 'base64'), aboutOf(head));
}

/** What is told of a backup while it is read; the begin comes first, the end last. */
export type BackupListener = (line: BackupLine) => Promise<void> | void;

/**
 * Reads all of it, and holds it to its own end: throws backupUnfit where anything was changed, cut or is not what the end
 * says, which is known for certain only when this has returned.
 */
export async function readBackup(
  file: string,
  fileKey: Uint8Array,
  listen: BackupListener,
): Promise<{ readonly begin: BackupBegin; readonly end: BackupEnd }> {
  const { length } = await readHeading(file);
  const sealed = createReadStream(file, { start: length }) as AsyncIterable<Buffer>;
  const opened = through(Readable.from(openStream(fileKey, sealed)), createGunzip());
  const tally = openTally();
  let [begin, end]: [BackupBegin | undefined, BackupEnd | undefined] = [undefined, undefined];
  for await (const text of linesIn(opened)) {
    const line = readLine(text);
    if (end !== undefined || (line.is === 'backup') !== (begin === undefined)) throw unlike();
    if (line.is === 'backup') begin = line;
    if (line.is === 'end') end = line;
    tally.see(line, `${text}\n`);
    await listen(line);
  }
  const isWhole =
    JSON.stringify(end?.tables) === JSON.stringify(tally.tables()) &&
    JSON.stringify(end?.files) === JSON.stringify(tally.files());
  if (begin === undefined || end === undefined || !isWhole) throw unlike();
  return { begin, end };
}

/** What comes out of `last`; a failure of either is thrown while it is read, and whoever stops reading ends both. */
function through(first: Readable, last: Transform): AsyncIterable<Buffer> {
  return pipeline(first, last, () => undefined);
}

/** What zlib says of octets that are not its own means the same as what the seal says. */
async function* linesIn(octets: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  let rest = '';
  const decoder = new StringDecoder('utf8');
  try {
    for await (const some of octets) {
      const lines = (rest + decoder.write(some)).split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch (error) {
    const isZlibs = error instanceof Error && 'code' in error && String(error.code).startsWith('Z_');
    throw isZlibs ? new PkiError('backupUnfit', { reason: 'its octets were changed or cut' }) : error;
  }
  if (rest !== '') throw unlike();
}

const aboutOf = ({ at, recipient }: Pick<BackupHeading, 'at' | 'recipient'>): Uint8Array =>
  Buffer.from(JSON.stringify(['kakuin/backup/v1', at, recipient]));

const unlike = (): PkiError => new PkiError('backupUnfit', { reason: 'what it holds is not what its end says' });
