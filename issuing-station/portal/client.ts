/** The portal's JSON API, as a station or a card holder's program asks it. */
import { randomUUID } from 'node:crypto';
import { request as overHttp } from 'node:http';
import { request as overHttps, type RequestOptions } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { PkiError, type PkiErrorCode } from '../../ca-core/errors.ts';

export interface PortalAddress {
  /** `https://portal.example`. */
  readonly url: string;
  /** A token of the API: from a file of its own, never from a command line. */
  readonly token?: string | undefined;
  /** PEM: the station's own key and the certificate of it; the portal knows the key from the signed roll. */
  readonly client?: { readonly certificate: string; readonly key: string } | undefined;
  /** PEM: whom to trust besides what the machine trusts. */
  readonly trust?: string | undefined;
}

export interface Portal {
  readonly get: (path: string) => Promise<unknown>;
  /** The same key makes a repetition the same request: the answer is the same, and nothing happens twice. */
  readonly post: (path: string, body: object, key?: string) => Promise<unknown>;
}

const longestAnswer = 4 * 1024 * 1024;
const patience = 30_000;

/** Refusals of the portal come as the PkiError that it names; throws fetchFailed where it does not answer. */
export function openPortalClient(address: PortalAddress): Portal {
  return {
    get: path => ask(address, { method: 'GET', path }),
    post: (path, body, key = randomUUID()) => ask(address, { method: 'POST', path, body, key }),
  };
}

interface Asked {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
  readonly key?: string;
}

async function ask(address: PortalAddress, asked: Asked): Promise<unknown> {
  const { status, text } = await patiently(address, asked);
  const body = readJson(text);
  if (status < 400) return body;
  const { code, ...values } = body as { readonly code?: PkiErrorCode };
  if (code === undefined) throw unreachable(address, `status ${status}`);
  throw new PkiError(code, texts(values));
}

const tries = 3;
const longestPause = 60;

/** A portal that has too much to do says how long to wait; the same request goes again. */
async function patiently(address: PortalAddress, asked: Asked): Promise<Answered> {
  for (let turn = 1; ; turn++) {
    const answered = await send(address, asked);
    const isBusy = answered.status === 429 || answered.status === 503;
    if (!isBusy || turn === tries) return answered;
    await pause(1_000 * Math.min(answered.retryAfter ?? turn, longestPause));
  }
}

/** Without what only tells people about it. */
function texts(values: Readonly<Record<string, unknown>>): Record<string, string> {
  const about = ['type', 'title', 'detail', 'status', 'instance'];
  const plain = Object.entries(values).flatMap(([name, value]) =>
    typeof value === 'string' && !about.includes(name) ? [[name, value]] : [],
  );
  return Object.fromEntries(plain) as Record<string, string>;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text === '' ? 'null' : text) as unknown;
  } catch {
    return {};
  }
}

const unreachable = ({ url }: PortalAddress, reason: string): PkiError =>
  new PkiError('portalUnreachable', { url, reason });

interface Answered {
  readonly status: number;
  readonly text: string;
  /** Seconds. */
  readonly retryAfter: number | undefined;
}

function send(address: PortalAddress, asked: Asked): Promise<Answered> {
  const { method, path, body, key } = asked;
  const { url, token, client, trust } = address;
  const octets = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const options: RequestOptions = {
    method,
    timeout: patience,
    headers: {
      Accept: 'application/json',
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(octets === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': octets.length }),
      ...(key === undefined ? {} : { 'Idempotency-Key': key }),
    },
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
    ...(trust === undefined ? {} : { ca: trust }),
  };
  return new Promise((resolve, reject) => {
    const whole = new URL(path, url);
    const sending = (whole.protocol === 'https:' ? overHttps : overHttp)(whole, options, response => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
        if (text.length > longestAnswer) response.destroy(new Error('the answer is too long'));
      });
      const { statusCode: status = 0, headers } = response;
      const retryAfter = Number(headers['retry-after'] ?? NaN);
      response.on('end', () => resolve({ status, text, retryAfter: retryAfter >= 0 ? retryAfter : undefined }));
      response.on('error', error => reject(unreachable(address, error.message)));
    });
    sending.on('timeout', () => sending.destroy(new Error('no answer in time')));
    sending.on('error', error => {
      // The portal may shut a connection that was kept just as it is used again: that request never began.
      const isLate = sending.reusedSocket && 'code' in error && error.code === 'ECONNRESET';
      if (isLate) resolve(send(address, asked));
      else reject(unreachable(address, error.message));
    });
    sending.end(octets);
  });
}
