/** Where a page ended, for the next one to begin. Plain, and read as strictly as anything else that comes in. */
import { z } from '../../ca-core/schema.ts';
import { FieldMistakes } from './field-mistakes.ts';

export type Place = readonly [at: number, id: string];

const place = z.tuple([z.int().nonnegative(), z.string().min(1).max(64)]);

export const cursorAt = (at: Place): string => Buffer.from(JSON.stringify(at)).toString('base64url');

/** Null for the first page. Throws FieldMistakes. */
export function readCursor(cursor: string | undefined): Place | null {
  if (cursor === undefined) return null;
  const read = place.safeParse(jsonOf(cursor));
  if (!read.success) throw new FieldMistakes([{ rule: 'fieldInvalid', parameter: 'cursor' }]);
  return read.data;
}

/** The cursor of the page after, where `found` holds one line more than was asked for. */
export function pageOf<T>(
  found: readonly T[],
  limit: number,
  placeOf: (line: T) => Place,
): { readonly lines: readonly T[]; readonly nextCursor: string | null } {
  const lines = found.slice(0, limit);
  const last = lines.at(-1);
  return { lines, nextCursor: found.length > limit && last !== undefined ? cursorAt(placeOf(last)) : null };
}

function jsonOf(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return null;
  }
}
