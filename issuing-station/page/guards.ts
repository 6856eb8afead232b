/** Who may look at the station's page: whoever opened it by the one-time link, on this machine, and no other site's script. */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Request, RequestHandler } from 'express';

const policy = [
  "default-src 'none'",
  ...["script-src 'self'", "style-src 'self'", "connect-src 'self'", "form-action 'self'"],
  ...["base-uri 'none'", "frame-ancestors 'none'"],
].join('; ');

export const safeHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'Content-Security-Policy': policy,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    // With no-referrer a form of this very page would come with the origin "null".
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    'Cache-Control': 'no-store',
  });
  next();
};

/** The Host that a name pointed at this machine by somebody else would not have, and the Origin of this page alone. */
export function onlyHere(url: () => string): RequestHandler {
  return (request, response, next) => {
    const { host, origin } = request.headers;
    const own = url();
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const isHere = host === new URL(own).host && (isRead ? origin === undefined || origin === own : origin === own);
    if (isHere) next();
    else response.status(403).type('text').send('Not from here.\n');
  };
}

export interface Door {
  /** For the link; it opens once. */
  readonly key: string;
  readonly guard: RequestHandler;
}

const cookie = 'station';

/** The link's key is taken for a cookie that scripts cannot read and other sites cannot send. */
export function openDoor(): Door {
  const key = randomBytes(32).toString('base64url');
  const pass = randomBytes(32).toString('base64url');
  let isUsed = false;
  return {
    key,
    guard: (request, response, next) => {
      const given = request.query['key'];
      if (typeof given === 'string' && request.path === '/' && !isUsed && isSame(given, key)) {
        isUsed = true;
        response.cookie(cookie, pass, { httpOnly: true, sameSite: 'strict' }).redirect(303, '/');
        return;
      }
      if (isSame(passIn(request), pass)) next();
      else response.status(403).render('shut');
    },
  };
}

const passIn = ({ headers }: Request): string =>
  /(?:^|; *)station=([\w-]+)(?:;|$)/.exec(headers.cookie ?? '')?.[1] ?? '';

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
const isSame = (one: string, other: string): boolean => timingSafeEqual(hashOf(one), hashOf(other));
