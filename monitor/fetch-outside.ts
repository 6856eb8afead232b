/** Asking as anybody would, over HTTP: no cache in between is told to make way, nothing is followed elsewhere. */

export interface Fetched {
  readonly status: number;
  readonly bytes: Uint8Array;
  /** From asking to the last octet. */
  readonly seconds: number;
}

export interface Asking {
  /** Seconds. */
  readonly within: number;
  /** POSTed where there is one. */
  readonly body?: Uint8Array;
  readonly mediaType?: string;
}

/** No answer that is looked at is longer; a CRL of a million entries has 40 MB. */
const longest = 256 * 1024 * 1024;

/** Throws where there is no answer in time, or one that never ends. */
export async function fetchOutside(url: string, { within, body, mediaType }: Asking): Promise<Fetched> {
  const begun = performance.now();
  const answer = await fetch(url, {
    ...(body === undefined ? {} : { method: 'POST', body: Buffer.from(body) }),
    ...(mediaType === undefined ? {} : { headers: { 'content-type': mediaType } }),
    redirect: 'manual',
    signal: AbortSignal.timeout(within * 1000),
  });
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of (answer.body ?? []) as AsyncIterable<Uint8Array>) {
    pieces.push(piece);
    length += piece.length;
    if (length > longest) throw new Error('the answer does not end');
  }
  return { status: answer.status, bytes: Buffer.concat(pieces), seconds: (performance.now() - begun) / 1000 };
}
