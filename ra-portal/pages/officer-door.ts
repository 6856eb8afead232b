import { Router } from 'express';
import { openInvitation, registerPasskey } from '../../ca-core/index.ts';
import { signIn, signInOptions } from '../officer/sign-in.ts';
import type { PortalParts } from '../parts.ts';
import { leave, personOf, setSession } from './cookies.ts';
import { slowDown } from './guards.ts';

/** How officers come in: the first passkey, signing in, signing out. */
export function officerDoor(parts: PortalParts): Router {
  const router = Router();
  const slow = slowDown(60);
  router.get('/officer/sign-in', async (request, response) => {
    if ((await personOf(parts, request)) !== null) response.redirect(303, '/officer');
    else response.render('sign-in', {});
  });
  router.post('/officer/sign-in/options', slow, async (_request, response) => {
    response.json(await signInOptions(parts));
  });
  router.post('/officer/sign-in', slow, async (request, response) => {
    setSession(response, 'officer', { token: await signIn(parts, request.body), settings: parts.settings });
    response.json({ next: '/officer' });
  });
  router.post('/officer/sign-out', async (request, response) => {
    await leave(parts, request, response);
    response.redirect(303, '/officer/sign-in');
  });
  router.get('/officer/enrol/:invitation', async (request, response) => {
    const invitation = await openInvitation(parts.ca, request.params.invitation, parts.clock.now());
    response.render('enrol', { invitation, rpId: new URL(parts.settings.url).hostname });
  });
  router.post('/officer/enrol/:invitation', slow, async (request, response) => {
    const invitationId = String(request.params['invitation']);
    const { ca, clock } = parts;
    const registration = { invitationId, use: 'signIn', body: request.body as unknown, at: clock.now() } as const;
    const { fingerprint } = await registerPasskey(ca, registration);
    response.status(201).json({ fingerprint });
  });
  return router;
}
