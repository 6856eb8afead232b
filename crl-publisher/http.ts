/** CRLs and CA certificates for everyone (RFC 5280 §4.2.1.13, §4.2.2.1; media types of RFC 2585 §4). */
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Clock, UnixTime } from '../ca-core/clock.ts';
import { indexPage } from './index-page.ts';
import { languageOf, type Language } from './index-words.ts';
import { isDeltaOver } from './lists.ts';
import { crlMaxAge } from './outside.ts';
import type { PublicFile, PublicFiles } from './public-files.ts';

export interface HttpParts {
  readonly files: PublicFiles;
  readonly clock: Clock;
}

/** Seconds for which a copy may be repeated, never past nextUpdate; CA certificates do not change. */
const maxAge = (path: string): number => (path.startsWith('crl/') ? crlMaxAge : 86_400);

const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
  vary: 'accept-language',
};

/** A server that is not listening yet. */
export function createCrlServer({ files, clock }: HttpParts): Server {
  return createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      refuse(405, { allow: 'GET, HEAD', connection: 'close' }, response);
      return;
    }
    const [path = '/', query = ''] = (request.url ?? '/').split('?');
    const file = files.of(path.slice(1));
    if (file !== undefined && isDeltaOver(path, file, clock.now())) refuse('over', {}, response);
    else if (file !== undefined) sendFile({ file, maxAge: maxAge(path.slice(1)), now: clock.now() }, request, response);
    else if (path === '/') {
      const language = languageOf(new URLSearchParams(query).get('lang'), request.headers['accept-language']);
      sendPage(indexPage(files.list(), { language, now: clock.now() }), language, response);
    } else refuse(404, {}, response);
  });
}

const sentences = {
  404: 'There is no such file here. CA certificates are below /ca/, CRLs below /crl/; the page at / lists them all.',
  405: 'Files are published here: only GET and HEAD are answered.',
  over: 'This delta CRL is over. Use the complete CRL, whose address is this one without "-delta" (RFC 5280 §6.3.3).',
} as const;

/** One sentence, since an empty answer makes browsers show a page of their own. */
function refuse(why: keyof typeof sentences, headers: OutgoingHttpHeaders, response: ServerResponse): void {
  const status = why === 405 ? 405 : 404;
  const sentence = `${sentences[why]}\n`;
  const type = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };
  response.writeHead(status, { ...type, 'content-length': Buffer.byteLength(sentence), ...headers }).end(sentence);
}

interface Answer {
  readonly file: PublicFile;
  readonly maxAge: number;
  readonly now: UnixTime;
}

function sendFile({ file, maxAge, now }: Answer, request: IncomingMessage, response: ServerResponse): void {
  const left = Math.max(0, file.until - now);
  const headers = {
    etag: file.etag,
    'last-modified': new Date(file.modified * 1000).toUTCString(),
    'cache-control': `max-age=${Math.min(maxAge, left)}, public, no-transform`,
    'x-content-type-options': 'nosniff',
  };
  if (isUnchanged(file, request)) {
    response.writeHead(304, headers).end();
    return;
  }
  response.writeHead(200, { ...headers, 'content-type': file.mediaType, 'content-length': file.bytes.length });
  response.end(file.bytes);
}

/** If-None-Match counts before If-Modified-Since (RFC 9110 §13.2.2), which is no more than a second name: a clock may have gone back. */
function isUnchanged({ etag, modified }: PublicFile, { headers }: IncomingMessage): boolean {
  const known = headers['if-none-match'];
  if (known !== undefined)
    return known.split(',').some(one => one.trim().replace(/^W\//, '') === etag || one.trim() === '*');
  return Date.parse(headers['if-modified-since'] ?? '') === modified * 1000;
}

function sendPage(page: string, language: Language, response: ServerResponse): void {
  const length = Buffer.byteLength(page);
  response.writeHead(200, { ...pageHeaders, 'content-language': language, 'content-length': length }).end(page);
}
