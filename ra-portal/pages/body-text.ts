import type { Request } from 'express';

/** A field of a form or of JSON as trimmed text; empty where there is none. */
export function textIn({ body }: Request, field: string): string {
  const value = (body as Readonly<Record<string, unknown>> | undefined)?.[field];
  return typeof value === 'string' ? value.trim() : '';
}
