/**
 * Serial numbers of many certificates as a text: ascending, each once, in lower-case hex with a line feed behind it. What
 * officers sign is its SHA-256, which `sha256sum` tells of the file that they can save.
 */
import { createHash } from 'node:crypto';
import { PkiError } from '../errors.ts';

/** The longest list that two officers revoke at once. */
export const mostRevokedAtOnce = 100_000;

/** What a document says of its list. */
export interface SerialListMeant {
  /** SHA-256 of the text, hex. */
  readonly serialNumbers: string;
  readonly size: number;
}

const line = /^[0-9a-f]{2,40}$/;

export function encodeSerialList(serialNumbers: Iterable<string>): string {
  return [...new Set(serialNumbers)]
    .sort()
    .map(one => `${one}\n`)
    .join('');
}

export function digestOfSerialList(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** The serial numbers, in their order, once the text is the very one that is meant. Throws listInvalid {what}. */
export function decodeSerialList(text: string, { serialNumbers, size }: SerialListMeant): readonly string[] {
  if (digestOfSerialList(text) !== serialNumbers) throw new PkiError('listInvalid', { what: 'digest' });
  const lines = readSerialList(text);
  if (lines.length !== size) throw new PkiError('listInvalid', { what: 'size' });
  return lines;
}

/** The same where no document stands behind it. Throws listInvalid {what: encoding} for what `encodeSerialList` does not write. */
export function readSerialList(text: string): readonly string[] {
  const lines = text.split('\n');
  const isEnded = lines.pop() === '';
  const isOrdered = lines.every((one, at) => line.test(one) && (at === 0 || (lines[at - 1] ?? '') < one));
  if (!isEnded || !isOrdered) throw new PkiError('listInvalid', { what: 'encoding' });
  return lines;
}
