import { Router } from 'express';
import { openInvitation, registerPasskey } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { enrolByLink, invitedBy } from '../people/invite.ts';
import { slowDown } from './guards.ts';

/** One-time links to a first passkey: officers' are confirmed at the console, everybody else's come with a code. */
export function enrolmentPages(parts: PortalParts): Router {
  const router = Router();
  const slow = slowDown(60);
  const rpId = new URL(parts.settings.url).hostname;
  router.get('/officer/enrol/:invitation', async (request, response) => {
    const invitation = await openInvitation(parts.ca, request.params.invitation, parts.clock.now());
    response.render('enrol', { invitation, rpId });
  });
  router.post('/officer/enrol/:invitation', slow, async (request, response) => {
    const invitationId = String(request.params['invitation']);
    const { ca, clock } = parts;
    const registration = { invitationId, use: 'signIn', body: request.body as unknown, at: clock.now() } as const;
    const { fingerprint } = await registerPasskey(ca, registration);
    response.status(201).json({ fingerprint });
  });
  router.get('/people/enrol/:link', async (request, response) => {
    const { link } = request.params;
    const { name, mailbox } = await invitedBy(parts, link);
    response.render('enrol-person', { link, name, mailbox, rpId });
  });
  router.post('/people/enrol/:link', slow, async (request, response) => {
    await enrolByLink(parts, String(request.params['link']), request.body);
    response.status(201).json({ next: '/sign-in' });
  });
  return router;
}
