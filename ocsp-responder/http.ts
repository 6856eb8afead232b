/** OCSP over HTTP (RFC 6960 appendix A, RFC 5019 §5, §6): whatever is sent, an OCSP answer goes back. */
import { createHash } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Clock } from '../ca-core/clock.ts';
import { refusals, type Answer } from './answer.ts';
import { decodeGetPath } from './get-path.ts';
import type { Responder } from './respond.ts';

export interface HttpParts {
  readonly responder: Pick<Responder, 'respond'>;
  /** Path of the responder's URL, ending in a slash. */
  readonly prefix: string;
  /** Seconds for which others may repeat an answer (RFC 5019 §6.2), never past its nextUpdate. */
  readonly maxAge: number;
  readonly clock: Clock;
}

const largestRequest = 10_240;

/** A server that is not listening yet. */
export function createOcspServer(parts: HttpParts): Server {
  return createServer({ keepAlive: true, requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    if (request.method === 'POST') takePost(request, response, parts);
    else if (request.method === 'GET' || request.method === 'HEAD') takeGet(request, response, parts);
    else response.writeHead(405, { allow: 'GET, HEAD, POST', 'content-length': 0, connection: 'close' }).end();
  });
}

function takePost(request: IncomingMessage, response: ServerResponse, parts: HttpParts): void {
  const type = request.headers['content-type'];
  if (type !== undefined && !type.startsWith('application/ocsp-request')) {
    response.writeHead(415, { accept: 'application/ocsp-request', 'content-length': 0, connection: 'close' }).end();
    return;
  }
  const chunks: Buffer[] = [];
  let length = 0;
  request.on('error', () => response.destroy());
  request.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (length <= largestRequest) chunks.push(chunk);
    else refuseTooLong(request, response, parts);
  });
  request.on('end', () => {
    if (length > largestRequest) return;
    const [only, ...others] = chunks;
    const body = only !== undefined && others.length === 0 ? only : Buffer.concat(chunks);
    reply(parts.responder.respond(body), response, parts);
  });
}

function refuseTooLong(request: IncomingMessage, response: ServerResponse, parts: HttpParts): void {
  request.removeAllListeners('data').resume();
  response.shouldKeepAlive = false;
  send(refusals.malformedRequest, response, parts);
}

function takeGet(request: IncomingMessage, response: ServerResponse, parts: HttpParts): void {
  const asked = decodeGetPath(request.url ?? '', parts.prefix, largestRequest);
  reply(asked === undefined ? refusals.malformedRequest : parts.responder.respond(asked), response, parts);
}

function reply(answer: Answer | Promise<Answer>, response: ServerResponse, parts: HttpParts): void {
  if (answer instanceof Promise) void answer.then(made => send(made, response, parts));
  else send(answer, response, parts);
}

function send(answer: Answer, response: ServerResponse, { clock, maxAge }: HttpParts): void {
  const headers = headersOf(answer, maxAge);
  if (answer.life === null) {
    response.writeHead(200, headers).end(answer.body);
    return;
  }
  if (response.req.headers['if-none-match'] === headers.etag) {
    response.writeHead(304, headers).end();
    return;
  }
  const left = answer.life.nextUpdate - clock.now();
  const stated = left >= maxAge ? headers : { ...headers, 'cache-control': cacheControl(Math.max(left, 0)) };
  response.writeHead(200, stated).end(answer.body);
}

/** Headers of kept answers are made once. */
const headersByAnswer = new WeakMap<Answer, OutgoingHttpHeaders>();

function headersOf(answer: Answer, maxAge: number): OutgoingHttpHeaders {
  const known = headersByAnswer.get(answer);
  if (known !== undefined) return known;
  const headers: OutgoingHttpHeaders = {
    'content-type': 'application/ocsp-response',
    'content-length': answer.body.length,
    ...(answer.life === null ? { 'cache-control': 'no-store' } : lifeHeaders(answer, answer.life, maxAge)),
  };
  headersByAnswer.set(answer, headers);
  return headers;
}

function lifeHeaders({ body }: Answer, life: NonNullable<Answer['life']>, maxAge: number): OutgoingHttpHeaders {
  const { thisUpdate, nextUpdate } = life;
  return {
    'cache-control': cacheControl(maxAge),
    etag: `"${createHash('sha256').update(body).digest('hex')}"`,
    'last-modified': new Date(thisUpdate * 1000).toUTCString(),
    expires: new Date(nextUpdate * 1000).toUTCString(),
  };
}

const cacheControl = (seconds: number): string => `max-age=${seconds}, public, no-transform, must-revalidate`;
