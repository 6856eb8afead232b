import { PkiError } from '../../ca-core/errors.ts';

/** Registers are asked while a person waits. */
const patience = 10_000;
const mostOctets = 1_000_000;

export interface RegisterAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

/** GET without redirects, 10 s and 1 MB at most. Throws registerUnavailable; the URL, which may hold an id, is not repeated. */
export async function fetchAnswer(register: string, url: URL): Promise<RegisterAnswer> {
  try {
    const answer = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(patience) });
    const bytes = new Uint8Array(await answer.arrayBuffer());
    if (bytes.length > mostOctets) throw new PkiError('registerUnavailable', { register, because: 'answer too long' });
    return { status: answer.status, bytes };
  } catch (error) {
    if (error instanceof PkiError) throw error;
    throw new PkiError('registerUnavailable', { register, because: error instanceof Error ? error.name : 'no answer' });
  }
}

/** Throws registerUnavailable when the bytes are not UTF-8. */
export function textOf(register: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new PkiError('registerUnavailable', { register, because: 'not UTF-8' });
  }
}
