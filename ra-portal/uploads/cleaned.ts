/** What the program that cleans says to the portal: a line of JSON, then the octets that it speaks of. */
import { PkiError } from '../../ca-core/errors.ts';
import { z } from '../../ca-core/schema.ts';
import type { CleanFile } from './clean-file.ts';
import { fileKinds } from './file-kind.ts';

const head = z.union([
  z.strictObject({ kind: z.enum(fileKinds), octets: z.int().positive(), shown: z.int().positive().nullable() }),
  z.strictObject({
    refused: z.enum(['fileKindUnknown', 'fileUnsafe', 'fileTooLarge', 'fileTooCostly']),
    values: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
]);

export function writeCleaned({ kind, file, shown }: CleanFile): Buffer {
  const line = { kind, octets: file.length, shown: shown?.length ?? null };
  return Buffer.concat([Buffer.from(`${JSON.stringify(line)}\n`), file, shown ?? Buffer.alloc(0)]);
}

/** Whatever else a reader stumbles over in a file means that the file cannot be read. */
export function writeRefusal(error: unknown): Buffer {
  const { code, values } = error instanceof PkiError ? error : refusalFor(error);
  return Buffer.from(`${JSON.stringify({ refused: code, values })}\n`);
}

function refusalFor(error: unknown): PkiError {
  const isOutOfMemory = error instanceof RangeError || error instanceof WebAssembly.RuntimeError;
  if (isOutOfMemory && /allocat|memory|array length|aborted/i.test(error.message))
    return new PkiError('fileTooCostly', { reason: 'memory' });
  return new PkiError('fileUnsafe', { reason: error instanceof Error ? error.name : 'unknown' });
}

/** Throws the refusal, and an Error for what no such program says. */
export function readCleaned(answer: Buffer): CleanFile {
  const end = answer.indexOf('\n');
  const said = head.parse(JSON.parse(answer.subarray(0, end).toString()));
  if ('refused' in said) throw new PkiError(said.refused, said.values);
  const { kind, octets, shown } = said;
  const rest = answer.subarray(end + 1);
  if (rest.length !== octets + (shown ?? 0)) throw new Error('the program that cleans files said too little');
  return { kind, file: rest.subarray(0, octets), shown: shown === null ? null : rest.subarray(octets) };
}
