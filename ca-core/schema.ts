/** The one door to the validation library, so that it can be replaced in one place. */
import { z } from 'zod';
import { PkiError, type PkiErrorCode } from './errors.ts';

export { z };

/** Reads a value by its schema. Throws `code` with every mistake at once in `values.mistakes`. */
export function readBy<T>(schema: z.ZodType<T>, value: unknown, code: PkiErrorCode): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const mistakes = read.error.issues.map(issue => `${issue.path.join('.') || 'value'}: ${issue.message}`);
  throw new PkiError(code, { mistakes });
}
