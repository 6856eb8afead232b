import { createHash } from 'node:crypto';

/** A strong entity tag (RFC 9110 §8.8.3): the same JSON, the same tag. */
export const tagOf = (body: object | null): string =>
  `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 27)}"`;

/** RFC 9110 §13.1.1 and §13.1.2, with strong comparison. */
export const hasTag = (header: string, tag: string): boolean =>
  header.trim() === '*' || header.split(',').some(one => one.trim() === tag);
