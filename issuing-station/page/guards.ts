/** Who may look at the station's page: the tab that opened it by the one-time link, on this machine, and no other site's script. */
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
  /** After `guard`, where something is done or shown: whoever has the cookie alone gets no further. */
  readonly onlyThisTab: RequestHandler;
}

const cookie = 'station';
/** Of a script's request; a form sends it in a field of that name. */
const header = 'X-Station';

/**
 * The link's key is taken for two things. A cookie that scripts cannot read and other sites cannot send; but cookies know no
 * ports, so that a server of another user of this machine, opened in this browser, gets it. And a secret that the page's
 * script keeps for its origin, port and all, and gives with each request.
 */
export function openDoor(): Door {
  const [key, pass, secret] = [draw(), draw(), draw()];
  let isUsed = false;
  return {
    key,
    guard: (request, response, next) => {
      const given = request.query['key'];
      if (typeof given === 'string' && request.path === '/' && !isUsed && isSame(given, key)) {
        isUsed = true;
        response.cookie(cookie, pass, { httpOnly: true, sameSite: 'strict' }).render('opened', { secret });
        return;
      }
      if (isSame(passIn(request), pass)) next();
      else response.status(403).render('shut');
    },
    onlyThisTab: (request, response, next) => {
      if (isSame(secretIn(request), secret)) next();
      else response.status(403).render('shut');
    },
  };
}

const draw = (): string => randomBytes(32).toString('base64url');

function secretIn(request: Request): string {
  const { station: typed } = (request.body ?? {}) as Readonly<Record<string, unknown>>;
  return request.get(header) ?? (typeof typed === 'string' ? typed : '');
}

const passIn = ({ headers }: Request): string =>
  /(?:^|; *)station=([\w-]+)(?:;|$)/.exec(headers.cookie ?? '')?.[1] ?? '';

const hashOf = (text: string): Buffer => createHash('sha256').update(text).digest();
const isSame = (one: string, other: string): boolean => timingSafeEqual(hashOf(one), hashOf(other));
