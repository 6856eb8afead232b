/** Query and body by their schemas: every mistake at once, each with its place. */
import type { z } from '../../ca-core/schema.ts';
import { FieldMistakes, type FieldMistake } from './field-mistakes.ts';
import { pointerOf } from './json-pointer.ts';

type Part = 'query' | 'body';

/** Throws FieldMistakes. */
export function readPart<S extends z.ZodType>(schema: S, value: unknown, part: Part): z.output<S> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  throw new FieldMistakes(read.error.issues.flatMap(issue => mistakesOf(issue, { part, value })));
}

function mistakesOf(
  issue: z.core.$ZodIssue,
  { part, value }: { readonly part: Part; readonly value: unknown },
): FieldMistake[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => placed(part, [...path, key], 'fieldUnknown'));
  }
  const isMissing = issue.code === 'invalid_type' && valueAt(value, path) === undefined;
  return [placed(part, path, isMissing ? 'fieldMissing' : 'fieldInvalid')];
}

const placed = (part: Part, path: readonly string[], rule: FieldMistake['rule']): FieldMistake =>
  part === 'query' ? { rule, parameter: path.join('.') } : { rule, pointer: pointerOf(path) };

function valueAt(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const key of path) found = (found as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  return found;
}
