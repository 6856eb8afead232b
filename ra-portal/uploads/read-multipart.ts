/** The one reader of multipart forms (RFC 7578): a few short fields and one file, held in memory within bounds. */
import { Busboy, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import type { RequestHandler } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { mostOctets } from './unsafe.ts';

const limits = { files: 1, fileSize: mostOctets + 1, fields: 16, fieldSize: 2_000, fieldNameSize: 64, parts: 17 };

const takesFiles = (path: string): boolean =>
  path.endsWith('/documents') || path.startsWith('/lra/bulk') || path === '/officer/revocations/check';

/** The file of a form, where one was chosen. */
export const fileIn = (locals: Readonly<Record<string, unknown>>): Buffer | null =>
  locals['file'] instanceof Buffer ? locals['file'] : null;

/** Reads a multipart form into `request.body`, its file into `response.locals.file`. Everything else passes. */
export const readMultipart: RequestHandler = (request, response, next) => {
  if (request.method !== 'POST' || !takesFiles(request.path) || !request.is('multipart/form-data')) {
    next();
    return;
  }
  const fields: Record<string, string> = {};
  const chunks: Buffer[] = [];
  let isRefused = false;
  const refuse = (): void => {
    if (isRefused) return;
    isRefused = true;
    request.unpipe();
    request.resume();
    next(new PkiError('fileUnsafe', { reason: 'form cannot be read' }));
  };
  const form = formReader(request.headers as BusboyHeaders);
  if (form === null) {
    refuse();
    return;
  }
  form.on('field', (name, value) => (fields[name] = value));
  form.on('file', (_field, file, name) => {
    file.on('data', (chunk: Buffer) => chunks.push(chunk));
    // No file is stored under its name, but one that climbs out of its folder is sent by nobody who means well.
    response.locals['fileName'] = name.slice(0, 255);
    if (/[/\\]|\.\./.test(name)) refuse();
  });
  form.on('error', refuse);
  form.on('finish', () => {
    if (isRefused) return;
    request.body = fields;
    const file = Buffer.concat(chunks);
    response.locals['file'] = file.length === 0 ? null : file;
    next();
  });
  request.pipe(form);
};

function formReader(headers: BusboyHeaders): BusboyInstance | null {
  try {
    return new Busboy({ headers, limits, preservePath: true });
  } catch {
    return null;
  }
}
