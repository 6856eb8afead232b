import { Router, type Request, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import { cameFromProxy } from '../people/proxy-socket.ts';
import { hasRole, type Person } from '../people/person.ts';
import { signInByCertificate } from '../people/certificate.ts';
import { signIn, signInOptions } from '../people/passkey.ts';
import { signInByTotp, type TypedTotp } from '../people/totp-sign-in.ts';
import type { SessionLeft } from './admission.ts';
import { accountOf, leave, setSession } from './cookies.ts';
import { showMistakes, type ShownMistake } from './field-mistakes.ts';
import { slowDown } from './guards.ts';
import { wantsJson } from './refusals.ts';

/** How everybody with an account comes in and goes. */
export function door(parts: PortalParts): Router {
  const router = Router();
  const slow = slowDown(60);
  router.get('/sign-in', async (request, response) => {
    const account = await accountOf(parts, request);
    if (account !== null) response.redirect(303, homeOf(account.person));
    else showDoor(request, response, []);
  });
  router.post('/sign-in/options', slow, async (_request, response) => {
    response.json(await signInOptions(parts));
  });
  router.post('/sign-in', slow, async (request, response) => {
    setSession(response, 'session', { token: await signIn(parts, request.body), settings: parts.settings });
    response.json({ next: '/sign-in' });
  });
  router.post('/sign-in/certificate', slow, async (request, response) => {
    const token = await signInByCertificate(parts, request);
    setSession(response, 'session', { token, settings: parts.settings });
    goOn(request, response);
  });
  router.post('/sign-in/totp', slow, async (request, response) => {
    try {
      setSession(response, 'session', { token: await signInByTotp(parts, typedIn(request)), settings: parts.settings });
    } catch (error) {
      if (wantsJson(request) || !(error instanceof PkiError) || error.code !== 'signInRefused') throw error;
      showDoor(request, response.status(403), showMistakes(response, [{ rule: error.code, field: 'totp' }]));
      return;
    }
    goOn(request, response);
  });
  // Coming here is what lets it go on.
  router.post('/session', (_request, response) => {
    const left = response.locals['session'] as SessionLeft | null;
    if (left === null) throw new PkiError('signInRefused');
    response.json(left);
  });
  router.post('/sign-out', async (request, response) => {
    await leave(parts, request, response);
    response.redirect(303, '/sign-in');
  });
  return router;
}

/** The certificate is offered only where the proxy could pass one on. */
function showDoor(request: Request, response: Response, mistakes: readonly ShownMistake[]): void {
  response.render('sign-in', { withCertificate: cameFromProxy(request), mistakes });
}

function typedIn({ body }: Request): TypedTotp {
  const text = (name: string): string => {
    const value = (body as Record<string, unknown> | undefined)?.[name];
    return typeof value === 'string' ? value.slice(0, 320) : '';
  };
  return { mailbox: text('mailbox'), phrase: text('phrase'), totp: text('totp') };
}

function goOn(request: Request, response: Response): void {
  if (wantsJson(request)) response.json({ next: '/sign-in' });
  else response.redirect(303, '/sign-in');
}

/** Where somebody's work begins. */
export function homeOf(person: Person): string {
  if (hasRole(person, 'officer') || hasRole(person, 'auditor')) return '/officer';
  if (hasRole(person, 'lra')) return '/lra';
  if (hasRole(person, 'caOperator')) return '/operations';
  return hasRole(person, 'administrator') ? '/people' : '/account';
}
