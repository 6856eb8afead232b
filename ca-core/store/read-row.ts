/** Reading what any hand may have written into a column: whatever it is, reading it stops nobody. */
import type { Der } from '../x509/der.ts';

/** Why something was refused, as it is kept and shown. */
export interface Refusal {
  readonly code: string;
  readonly values: Readonly<Record<string, unknown>>;
}

export function readRefusal(text: string | null): Refusal | null {
  if (text === null) return null;
  const read = readJson(text);
  const isRefusal = typeof read === 'object' && read !== null && 'code' in read && 'values' in read;
  return isRefusal ? (read as Refusal) : { code: 'documentMalformed', values: {} };
}

/** The value, or nothing where the text is not JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** SQLite keeps text and numbers in a binary column if told to; they become octets that no reader accepts. */
export function readOctets(column: Uint8Array): Der {
  return column instanceof Uint8Array ? new Uint8Array(column) : new Uint8Array(0);
}

/** Nothing where nothing stands; what is no JSON is something that no reader accepts. */
export function readOrNonsense(text: string | null): unknown {
  return text === null ? null : (readJson(text) ?? 'nonsense');
}
