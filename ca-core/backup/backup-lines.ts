/** What a backup holds, as lines of JSON: first what it is, then tables and files, last what all of it must come to. */
import { createHash } from 'node:crypto';
import { PkiError } from '../errors.ts';
import { z } from '../schema.ts';
import type { ColumnValue } from '../store/snapshot.ts';

const count = z.number().int().nonnegative();
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const column = z.union([z.string(), z.number(), z.null(), z.strictObject({ b: z.base64() })]);

const backupLine = z.discriminatedUnion('is', [
  z.strictObject({
    is: z.literal('backup'),
    version: z.literal(1),
    at: count,
    /** The product's. */
    release: z.string(),
    database: z.enum(['sqlite', 'postgresql']),
    migrations: z.record(z.string(), z.array(z.string())),
  }),
  z.strictObject({ is: z.literal('table'), name: z.string().regex(/^[a-z][a-z0-9_]{0,62}$/) }),
  z.strictObject({ is: z.literal('columns'), names: z.array(z.string().regex(/^[a-z][a-z0-9_]{0,62}$/)) }),
  z.strictObject({ is: z.literal('row'), v: z.array(column) }),
  z.strictObject({ is: z.literal('file'), path: z.string().regex(/^(?!.*\.\.)[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/) }),
  z.strictObject({ is: z.literal('octets'), b: z.base64() }),
  z.strictObject({
    is: z.literal('end'),
    tables: z.array(z.strictObject({ name: z.string(), rows: count, sha256: hash })),
    files: z.array(z.strictObject({ path: z.string(), octets: count, sha256: hash })),
    treeSize: count,
    checkpoint: z.string().nullable(),
    crlNumbers: z.record(z.string(), count),
    leftOut: z.array(z.string()),
  }),
]);
export type BackupLine = z.infer<typeof backupLine>;
export type BackupBegin = Extract<BackupLine, { is: 'backup' }>;
export type BackupEnd = Extract<BackupLine, { is: 'end' }>;

export const encodeLine = (line: BackupLine): string => `${JSON.stringify(line)}\n`;

/** Throws backupUnfit for a line of another form. */
export function readLine(text: string): BackupLine {
  try {
    return backupLine.parse(JSON.parse(text));
  } catch {
    throw new PkiError('backupUnfit', { reason: 'a line in it cannot be read' });
  }
}

export const encodeColumn = (value: ColumnValue): z.infer<typeof column> =>
  value instanceof Uint8Array ? { b: Buffer.from(value).toString('base64') } : value;

export const readColumn = (value: z.infer<typeof column>): ColumnValue =>
  typeof value === 'object' && value !== null ? Buffer.from(value.b, 'base64') : value;

/** Counts and hashes what passes, so that the end can say it, or be held to it. */
export interface Tally {
  readonly see: (line: BackupLine, text: string) => void;
  readonly tables: () => BackupEnd['tables'];
  readonly files: () => BackupEnd['files'];
}

export function openTally(): Tally {
  const tables: { name: string; rows: number; hash: ReturnType<typeof createHash> }[] = [];
  const files: { path: string; octets: number; hash: ReturnType<typeof createHash> }[] = [];
  return {
    see: (line, text) => {
      const [table, file] = [tables.at(-1), files.at(-1)];
      if (line.is === 'table') tables.push({ name: line.name, rows: 0, hash: createHash('sha256') });
      if (line.is === 'file') files.push({ path: line.path, octets: 0, hash: createHash('sha256') });
      if (table !== undefined && (line.is === 'row' || line.is === 'columns')) {
        table.hash.update(text);
        if (line.is === 'row') table.rows += 1;
      }
      if (file !== undefined && line.is === 'octets') {
        const octets = Buffer.from(line.b, 'base64');
        file.hash.update(octets);
        file.octets += octets.length;
      }
    },
    tables: () => tables.map(({ name, rows, hash: sum }) => ({ name, rows, sha256: sum.copy().digest('hex') })),
    files: () => files.map(({ path, octets, hash: sum }) => ({ path, octets, sha256: sum.copy().digest('hex') })),
  };
}
