/** What the URLs in a certificate give over HTTP, and why one gives nothing: in words for whoever verifies. */
import { PkiError } from '../../ca-core/errors.ts';

/** Milliseconds that anybody is waited for. */
const patience = 10_000;
/** Octets of an OCSP answer, and of a CRL of some million entries. */
export const longestAnswer = 100_000;
export const longestCrl = 200_000_000;

export interface Fetching {
  readonly request: RequestInit;
  /** Octets; what is longer is not read to its end. */
  readonly most: number;
}

/** Throws an Error for everything but a whole answer of status 200. */
export async function fetched(url: string, { request, most }: Fetching): Promise<Uint8Array<ArrayBuffer>> {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new Error('this is no HTTP address');
  const answer = await fetch(url, { ...request, signal: AbortSignal.timeout(patience) });
  if (answer.status !== 200) {
    await answer.body?.cancel();
    throw new Error(`it answered with HTTP ${answer.status}`);
  }
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of answer.body ?? []) {
    pieces.push(piece);
    length += piece.length;
    if (length > most) throw new Error(`its answer is longer than ${most} octets`);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

const sentences: Readonly<Partial<Record<string, string>>> = {
  ECONNREFUSED: 'nobody answers there (connection refused)',
  ECONNRESET: 'it broke off the connection',
  UND_ERR_SOCKET: 'it broke off the connection',
  ENOTFOUND: 'its host name is not known',
  EAI_AGAIN: 'its host name cannot be looked up now',
  EHOSTUNREACH: 'its host cannot be reached',
  ENETUNREACH: 'its network cannot be reached',
  CERT_HAS_EXPIRED: 'its own TLS certificate has expired',
};

/** Why there was no answer. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `no answer within ${patience / 1000} s`;
  if (error instanceof PkiError) return `what it answered cannot be read (${error.message})`;
  const cause = error.cause instanceof Error ? error.cause : error;
  const code = 'code' in cause ? String(cause.code) : '';
  return sentences[code] ?? (cause.message || error.message);
}
