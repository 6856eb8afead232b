/** A body of JSON, within bounds and of the right kind. */
import express, { type Request, type RequestHandler } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { FieldMistakes } from './field-mistakes.ts';

/** The octets as they came: 64 kB at most, uncompressed. */
export const octetsOfBody: RequestHandler = express.raw({ type: () => true, limit: '64kb', inflate: false });

export const octetsIn = ({ body }: Request): Buffer => (Buffer.isBuffer(body) ? body : Buffer.alloc(0));

/** Nothing stands for an empty object. Throws mediaTypeUnsupported, FieldMistakes. */
export function jsonIn(request: Request): unknown {
  const octets = octetsIn(request);
  if (octets.length === 0) return {};
  const type = request.headers['content-type'] ?? '';
  if (!/^application\/json *(; *charset="?utf-8"? *)?$/i.test(type)) throw new PkiError('mediaTypeUnsupported');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(octets)) as unknown;
  } catch {
    throw new FieldMistakes([{ rule: 'fieldInvalid', pointer: '#' }]);
  }
}
