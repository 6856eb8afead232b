/** Walking DER one TLV at a time, for inputs too big or too hot to become a tree (der-reader.ts is the whole reader). */
import { PkiError } from '../errors.ts';

/** Where one TLV lies in its input: the identifier octet, where its content starts and where it ends. */
export interface Span {
  readonly identifier: number;
  readonly contentAt: number;
  readonly end: number;
}

/** The TLV that starts at `at` and ends at or before `limit`; definite, minimal lengths only. Throws derMalformed. */
export function spanAt(input: Uint8Array, at: number, limit = input.length): Span {
  const identifier = input[at];
  const first = input[at + 1];
  if (identifier === undefined || first === undefined || at + 2 > limit) throw malformed('end of input');
  if (first < 0x80) return within({ identifier, contentAt: at + 2, end: at + 2 + first }, limit);
  const octets = first & 0x7f;
  if (octets === 0 || octets > 4 || at + 2 + octets > limit) throw malformed('length form');
  let length = 0;
  for (let index = 0; index < octets; index++) length = length * 256 + (input[at + 2 + index] ?? 0);
  if (length < 0x80 || length < 256 ** (octets - 1)) throw malformed('length not minimal');
  const contentAt = at + 2 + octets;
  return within({ identifier, contentAt, end: contentAt + length }, limit);
}

/** The TLVs, whole, that lie side by side in the content of the one constructed TLV that fills `input`. Throws derMalformed. */
export function elementsOf(input: Uint8Array, identifier: number): Uint8Array[] {
  const whole = spanAt(input, 0);
  if (whole.identifier !== identifier || whole.end !== input.length) throw malformed('another value was expected');
  const elements: Uint8Array[] = [];
  for (let at = whole.contentAt; at < whole.end;) {
    const { end } = spanAt(input, at, whole.end);
    elements.push(input.subarray(at, end));
    at = end;
  }
  return elements;
}

function within(span: Span, limit: number): Span {
  if (span.end > limit) throw malformed('length beyond the end');
  return span;
}

function malformed(what: string): PkiError {
  return new PkiError('derMalformed', { what });
}
