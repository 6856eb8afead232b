/** OCSP over HTTP (RFC 6960 appendix A, RFC 5019 §5, §6): whatever is asked, an OCSP answer goes back; who asks nothing gets a sentence. */
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Clock, UnixTime } from '../ca-core/clock.ts';
import { overloaded, refusals, type Answer, type AnswerLife } from './answer.ts';
import { decodeGetPath } from './get-path.ts';
import type { Responder } from './respond.ts';

export interface HttpParts {
  readonly responder: Pick<Responder, 'respond'>;
  /** Path of the responder's URL, ending in a slash. */
  readonly prefix: string;
  /** Seconds for which others may repeat an answer (RFC 5019 §6.2), never past its nextUpdate. */
  readonly maxAge: number;
  readonly clock: Clock;
  readonly limits?: HttpLimits;
  /** Told of every answer that goes out. */
  readonly answered?: (answer: Answer) => void;
}

export interface HttpLimits {
  /** Above this many connections each is told to try later and closed; above twice as many none is taken. */
  readonly connections: number;
  /** Milliseconds for the whole request, headers included, from its first octet. */
  readonly requestTime: number;
}

const usualLimits: HttpLimits = { connections: 4_096, requestTime: 10_000 };
const largestRequest = 10_240;

/** A server that is not listening yet. */
export function createOcspServer(parts: HttpParts): Server {
  const { connections, requestTime } = parts.limits ?? usualLimits;
  const times = {
    requestTimeout: requestTime,
    headersTimeout: requestTime,
    connectionsCheckingInterval: Math.min(1_000, requestTime),
  };
  const crowd: Crowd = { ...parts, present: 0 };
  const server = createServer({ ...times, keepAlive: true }, (request, response) => {
    if (crowd.present > connections) refuseAndClose(request, response, crowd);
    else if (request.method === 'POST') takePost(request, response, crowd);
    else if (request.method === 'GET' || request.method === 'HEAD') takeGet(request, response, crowd);
    else tell(405, { allow: 'GET, HEAD, POST', connection: 'close' }, response);
  });
  server.maxConnections = connections * 2;
  server.on('connection', socket => {
    crowd.present++;
    socket.once('close', () => crowd.present--);
  });
  return server;
}

const sentences = {
  200: 'This is an OCSP responder (RFC 6960). Ask by POST, or by GET with the request in base64 behind this address.',
  405: 'This is an OCSP responder: it answers GET, HEAD and POST.',
  415: 'This is an OCSP responder: it takes application/ocsp-request.',
} as const;

/** One sentence for a person, or for a program's log, where no OCSP request was made at all. */
function tell(status: keyof typeof sentences, headers: OutgoingHttpHeaders, response: ServerResponse): void {
  const sentence = `${sentences[status]}\n`;
  const type = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  response.writeHead(status, { ...type, 'content-length': Buffer.byteLength(sentence), ...headers }).end(sentence);
}

interface Crowd extends HttpParts {
  present: number;
}

function takePost(request: IncomingMessage, response: ServerResponse, parts: HttpParts): void {
  const type = request.headers['content-type'];
  if (type !== undefined && !type.startsWith('application/ocsp-request')) {
    tell(415, { accept: 'application/ocsp-request', connection: 'close' }, response);
    return;
  }
  let body: Buffer | undefined;
  request.on('data', (chunk: Buffer) => {
    body = body === undefined ? chunk : Buffer.concat([body, chunk]);
    if (body.length > largestRequest) refuseTooLong(request, response, parts);
  });
  request.on('end', () => {
    if (!response.writableEnded) reply(parts.responder.respond(body ?? Buffer.alloc(0)), response, parts);
  });
}

function refuseTooLong(request: IncomingMessage, response: ServerResponse, parts: HttpParts): void {
  request.removeAllListeners('data').resume();
  response.shouldKeepAlive = false;
  send(refusals.malformedRequest, response, parts);
}

function refuseAndClose(request: IncomingMessage, response: ServerResponse, parts: HttpParts): void {
  request.resume();
  response.shouldKeepAlive = false;
  send(overloaded, response, parts);
}

function takeGet(request: IncomingMessage, response: ServerResponse, parts: HttpParts): void {
  if (request.url === parts.prefix) {
    tell(200, {}, response);
    return;
  }
  const asked = decodeGetPath(request.url ?? '', parts.prefix, largestRequest);
  reply(asked === undefined ? refusals.malformedRequest : parts.responder.respond(asked), response, parts);
}

function reply(answer: Answer | Promise<Answer>, response: ServerResponse, parts: HttpParts): void {
  if (answer instanceof Promise) void answer.then(made => send(made, response, parts));
  else send(answer, response, parts);
}

function send(answer: Answer, response: ServerResponse, parts: HttpParts): void {
  parts.answered?.(answer);
  const { body, life, http } = answer;
  const headers = ['content-type', 'application/ocsp-response', 'content-length', String(body.length)];
  if (life === null) {
    headers.push('cache-control', 'no-store');
    if (http !== undefined) headers.push('retry-after', '1');
    response.writeHead(http ?? 200, headers).end(body);
    return;
  }
  const tag = `"${life.tag}"`;
  const isKnown = isMatch(response.req.headers['if-none-match'], tag);
  pushLife(headers, { ...life, tag }, parts);
  if (isKnown) response.writeHead(304, headers.slice(4)).end();
  else response.writeHead(200, headers).end(body);
}

/** RFC 9110 §13.1.2: any of a list, or `*`; a weak mark does not matter here. */
function isMatch(asked: string | undefined, tag: string): boolean {
  return asked !== undefined && (asked === '*' || asked.split(',').some(one => one.trim().replace(/^W\//, '') === tag));
}

/** RFC 5019 §6.2; by POST too, since some gateways keep those. */
function pushLife(headers: string[], { thisUpdate, nextUpdate, tag }: AnswerLife, { clock, maxAge }: HttpParts): void {
  const left = Math.max(0, Math.min(maxAge, nextUpdate - clock.now()));
  headers.push('cache-control', `max-age=${left}, public, no-transform, must-revalidate`);
  headers.push('etag', tag, 'last-modified', httpDate(thisUpdate), 'expires', httpDate(nextUpdate));
}

const dates = new Map<UnixTime, string>();

/** Few different times are told at once, so each is written once. */
function httpDate(at: UnixTime): string {
  const known = dates.get(at);
  if (known !== undefined) return known;
  if (dates.size > 4_096) dates.clear();
  const text = new Date(at * 1000).toUTCString();
  dates.set(at, text);
  return text;
}
