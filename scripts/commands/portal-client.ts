/** The portal's JSON API as a command uses it: a token from a file, every POST once, problems as refusals. */
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { wrongUsage } from './command.ts';
import { textIn } from './named-file.ts';

export interface PortalClient {
  readonly get: <T>(path: string) => Promise<T>;
  readonly post: <T>(path: string, body?: object) => Promise<T>;
  /** The body is the file itself. */
  readonly send: <T>(path: string, file: Uint8Array<ArrayBuffer>) => Promise<T>;
}

/** What the portal refused, in its own words. */
export class PortalRefusal extends Error {
  readonly code: string;

  constructor(code: string, sentence: string) {
    super(sentence);
    this.name = 'PortalRefusal';
    this.code = code;
  }
}

/** Throws wrongUsage for a token file that others can read. */
export function openPortalClient(url: string, tokenFile: string): PortalClient {
  const token = textIn(tokenFile).trim();
  if (process.platform !== 'win32' && (statSync(tokenFile).mode & 0o077) !== 0) {
    throw wrongUsage(`${tokenFile} can be read by others; let it be yours alone (chmod 600).`);
  }
  const headers = {
    Authorization: `Bearer ${token}`,
    Accept: 'application/json',
    'Accept-Language': 'en',
  };
  const base = new URL('/api/v1', url).href;
  const ask = async <T>(path: string, init: RequestInit): Promise<T> => read<T>(await patiently(base + path, init));
  return {
    get: path => ask(path, { headers }),
    post: (path, body = {}) =>
      ask(path, {
        method: 'POST',
        headers: {
          ...headers,
          'Content-Type': 'application/json',
          'Idempotency-Key': randomUUID(),
        },
        body: JSON.stringify(body),
      }),
    send: (path, file) =>
      ask(path, {
        method: 'POST',
        headers: {
          ...headers,
          'Content-Type': 'application/octet-stream',
          'Idempotency-Key': randomUUID(),
        },
        body: file,
      }),
  };
}

const tries = 4;

/** A portal that is just away is asked again, with the same key. */
async function patiently(url: string, init: RequestInit): Promise<Response> {
  for (let turn = 1; ; turn++) {
    const answer = await fetch(url, init).catch((error: unknown) =>
      turn === tries ? Promise.reject(away(url, error)) : null,
    );
    if (answer !== null && (answer.status !== 503 || turn === tries)) return answer;
    await pause(250 * 2 ** turn);
  }
}

const away = (url: string, error: unknown): Error =>
  new PortalRefusal('unreachable', `The portal does not answer at ${new URL(url).origin}: ${(error as Error).message}`);

async function read<T>(answer: Response): Promise<T> {
  const body = (await answer.json().catch(() => ({}))) as T & {
    code?: string;
    detail?: string;
    title?: string;
  };
  if (answer.ok) return body;
  throw new PortalRefusal(body.code ?? String(answer.status), body.detail ?? body.title ?? `HTTP ${answer.status}`);
}
