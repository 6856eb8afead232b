import { Router } from 'express';
import type { PortalParts } from '../parts.ts';
import { hasRole, type Person } from '../people/person.ts';
import { signIn, signInOptions } from '../people/passkey.ts';
import { accountOf, leave, setSession } from './cookies.ts';
import { slowDown } from './guards.ts';

/** How everybody with an account comes in and goes. */
export function door(parts: PortalParts): Router {
  const router = Router();
  const slow = slowDown(60);
  router.get('/sign-in', async (request, response) => {
    const account = await accountOf(parts, request);
    if (account !== null) response.redirect(303, homeOf(account.person));
    else response.render('sign-in', {});
  });
  router.post('/sign-in/options', slow, async (_request, response) => {
    response.json(await signInOptions(parts));
  });
  router.post('/sign-in', slow, async (request, response) => {
    setSession(response, 'session', { token: await signIn(parts, request.body), settings: parts.settings });
    response.json({ next: '/sign-in' });
  });
  router.post('/sign-out', async (request, response) => {
    await leave(parts, request, response);
    response.redirect(303, '/sign-in');
  });
  return router;
}

/** Where somebody's work begins. */
export function homeOf(person: Person): string {
  if (hasRole(person, 'officer') || hasRole(person, 'auditor')) return '/officer';
  if (hasRole(person, 'lra')) return '/lra';
  return hasRole(person, 'administrator') ? '/people' : '/account';
}
