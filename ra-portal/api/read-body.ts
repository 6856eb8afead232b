/** A body of JSON, within bounds and of the right kind. */
import express, { type Request, type RequestHandler } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { mostOctets } from '../uploads/unsafe.ts';
import { FieldMistakes } from './field-mistakes.ts';
import type { Operation } from './operation.ts';

/** The octets as they came, uncompressed: JSON of 64 kB at most, or a file. */
export const octetsOfBody = ({ takesFile }: Pick<Operation, 'takesFile'>): RequestHandler =>
  express.raw({ type: () => true, limit: takesFile === undefined ? '64kb' : mostOctets, inflate: false });

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

/** The type says what it should be; what it is, only its octets do. Throws mediaTypeUnsupported, FieldMistakes. */
export function fileOf(request: Request, types: readonly string[]): Buffer {
  const octets = octetsIn(request);
  if (octets.length === 0) throw new FieldMistakes([{ rule: 'fieldMissing', pointer: '#' }]);
  if (request.is([...types]) === false) throw new PkiError('mediaTypeUnsupported');
  return octets;
}
