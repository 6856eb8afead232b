/** What stands before every route: headers, origin, form tokens, limits. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { join } from 'node:path';
import { doubleCsrf } from 'csrf-csrf';
import type { Request, RequestHandler, Response } from 'express';
import { ipKeyGenerator, rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalSettings } from '../settings.ts';
import { cookieNameOf, cookieOf } from './cookies.ts';

/** Only what this origin serves runs; forms lead here or on to the approval desk. */
export function safeHeaders({ url, approvalUrl }: PortalSettings): RequestHandler {
  const isSecure = url.startsWith('https:');
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'script-src': ["'self'", (_request, response) => `'nonce-${nonceOf(response)}'`],
        'style-src': ["'self'"],
        'img-src': ["'self'"],
        'connect-src': ["'self'"],
        'form-action': ["'self'", approvalUrl],
        'base-uri': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
    strictTransportSecurity: isSecure ? { maxAge: 31_536_000 } : false,
    // With no-referrer the browser would send `Origin: null` with our own forms.
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
}

const nonceOf = (response: unknown): string => String((response as Response).locals['nonce']);

/** Nothing of a page is kept, neither by the browser nor on the way. */
export const keepNothing: RequestHandler = (_request, response, next) => {
  response.set('Cache-Control', 'no-store');
  response.set('Permissions-Policy', 'publickey-credentials-get=(self), publickey-credentials-create=(self)');
  next();
};

/** Browsers name their origin with everything but GET; another one, or none, is refused. */
export function sameOriginOnly({ url }: PortalSettings): RequestHandler {
  return ({ method, headers }, _response, next) => {
    if (method !== 'GET' && method !== 'HEAD' && headers.origin !== url) throw new PkiError('notPermitted');
    next();
  };
}

/** A token in every form, bound to the visitor's cookie. JSON needs none: no foreign form can send it. */
export function formTokens(settings: PortalSettings): RequestHandler {
  const secret = formSecretIn(settings.home);
  const secure = settings.url.startsWith('https:');
  const { generateCsrfToken, doubleCsrfProtection } = doubleCsrf({
    getSecret: () => secret,
    getSessionIdentifier: request => visitOf(request, settings),
    cookieName: cookieNameOf('form', settings),
    cookieOptions: { sameSite: 'strict', path: '/', secure, httpOnly: true },
    getCsrfTokenFromRequest: request => (request.body as { formToken?: string } | undefined)?.formToken,
    skipCsrfProtection: request => request.is('application/json') !== false,
  });
  return (request, response, next) => {
    if (visitOf(request, settings) === '') beginVisit(request, response, settings);
    doubleCsrfProtection(request, response, (error?: unknown) => {
      if (error !== undefined) {
        next(new PkiError('notPermitted'));
        return;
      }
      if (request.accepts('html') !== false) response.locals['formToken'] = generateCsrfToken(request, response);
      next();
    });
  };
}

const visitOf = (request: Request, settings: PortalSettings): string => cookieOf(request, 'visit', settings);

function beginVisit(request: Request, response: Response, settings: PortalSettings): void {
  const visit = randomBytes(16).toString('base64url');
  const name = cookieNameOf('visit', settings);
  const secure = settings.url.startsWith('https:');
  response.cookie(name, visit, { sameSite: 'strict', path: '/', secure, httpOnly: true });
  (request.cookies as Record<string, string>)[name] = visit;
}

/** The secret outlives a restart, so that open pages still can be sent. */
function formSecretIn(home: string): string {
  const file = join(home, 'form-secret');
  if (!existsSync(file)) {
    mkdirSync(home, { recursive: true, mode: 0o700 });
    writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' });
  }
  return readFileSync(file, 'utf8');
}

/**
 * Where codes are entered: so many requests a minute from one address (of IPv6 one network), besides the delays of each
 * code. Nobody else's requests count: it locks nobody out.
 */
export function slowDown(perMinute: number): RequestHandler {
  return limitBy(perMinute, ({ ip }) => (ip === undefined ? 'the proxy itself' : ipKeyGenerator(ip)));
}

/** So many requests a minute of each of whatever `countedAs` tells apart. */
export function limitBy(
  perMinute: number,
  countedAs: (request: Request, response: Response) => string,
): RequestHandler {
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    validate: { xForwardedForHeader: false },
    keyGenerator: countedAs,
    handler: () => {
      throw new PkiError('tooManyAttempts', { seconds: 60 });
    },
  });
}

/** For Express's `trust proxy`: whose X-Forwarded-For counts. The Unix socket has no address; only the proxy gets there. */
export function trustIn({ trustedProxies }: Pick<PortalSettings, 'trustedProxies'>): (address?: string) => boolean {
  const list = new BlockList();
  for (const one of trustedProxies) {
    const [address = '', bits] = one.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return address =>
    address === undefined || address === '' || list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
