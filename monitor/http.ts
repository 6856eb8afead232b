/** Figures for operators' machines. Nobody gets anything without the token, where there is one. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

export interface FiguresParts {
  readonly metrics: () => string;
  readonly health: () => { readonly isWell: boolean; readonly value: object };
  /** What `Authorization: Bearer` must bring; undefined where the address alone decides. */
  readonly token: string | undefined;
}

/** A server that is not listening yet: `/metrics`, and `/health` with 200 or 503. */
export function createFiguresServer(parts: FiguresParts): Server {
  return createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    request.resume();
    response.setHeader('cache-control', 'no-store');
    if (!isAdmitted(request, parts.token)) {
      response.setHeader('www-authenticate', 'Bearer');
      answer(response, 401, 'The token is missing or wrong.\n');
    } else if (request.method !== 'GET' && request.method !== 'HEAD') answer(response, 405, 'Only GET is answered.\n');
    else if (request.url === '/metrics') answer(response, 200, parts.metrics(), 'text/plain; version=0.0.4');
    else if (request.url === '/health') {
      const { isWell, value } = parts.health();
      answer(response, isWell ? 200 : 503, JSON.stringify(value), 'application/json');
    } else answer(response, 404, 'There are /metrics and /health.\n');
  });
}

function answer(response: ServerResponse, status: number, body: string, mediaType = 'text/plain'): void {
  response.writeHead(status, { 'content-type': `${mediaType}; charset=utf-8` });
  response.end(body);
}

function isAdmitted({ headers }: IncomingMessage, token: string | undefined): boolean {
  if (token === undefined) return true;
  return timingSafeEqual(digestOf(headers.authorization ?? ''), digestOf(`Bearer ${token}`));
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest();
