import { Router, type Request, type Response } from 'express';
import type { PortalParts } from '../parts.ts';
import { scopesFor } from '../people/api-scopes.ts';
import { equipmentOf } from '../people/authenticators.ts';
import { bindPresented } from '../people/certificate.ts';
import { hasRole } from '../people/person.ts';
import { cameFromProxy } from '../people/proxy-socket.ts';
import { confirmTotp, setUpTotp, type NewTotp } from '../people/totp-sign-in.ts';
import { addOwnPasskey } from '../people/own-passkey.ts';
import { certificatesBoundTo, passkeysOf, totpOf } from '../store/sign-in-means.ts';
import { personIn } from './admission.ts';
import { slowDown } from './guards.ts';
import { wantsJson } from './refusals.ts';

/** How I sign in: what everybody with an account sees of it and may change. */
export function accountPages(parts: PortalParts): Router {
  const router = Router();
  const slow = slowDown(60);
  router.get('/account', (request, response) => showAccount(parts, request, response));
  router.post('/account/passkeys', slow, async (request, response) => {
    await addOwnPasskey(parts, personIn(response), request.body);
    response.status(201).json({ next: '/account' });
  });
  router.post('/account/certificate', slow, async (request, response) => {
    await bindPresented(parts, personIn(response), request);
    goBack(request, response);
  });
  router.post('/account/totp', slow, async (request, response) => {
    const made = await setUpTotp(parts, personIn(response));
    if (wantsJson(request)) response.status(201).json(made);
    else await showAccount(parts, request, response.status(201), made);
  });
  router.post('/account/totp/confirm', slow, async (request, response) => {
    const typed = (request.body as { totp?: unknown } | undefined)?.totp;
    await confirmTotp(parts, personIn(response), typeof typed === 'string' ? typed : '');
    goBack(request, response);
  });
  return router;
}

function goBack(request: Request, response: Response): void {
  if (wantsJson(request)) response.json({ next: '/account' });
  else response.redirect(303, '/account');
}

async function showAccount(
  parts: PortalParts,
  request: Request,
  response: Response,
  made: NewTotp | null = null,
): Promise<void> {
  const person = personIn(response);
  const passkeys = await passkeysOf(parts.database, person.id);
  const certificates = await certificatesBoundTo(parts.database, person.id);
  const totp = await totpOf(parts.database, person.id);
  const means = { passkeys: passkeys.length, certificates, totp: totp?.confirmedAt != null };
  if (wantsJson(request)) {
    response.json({ id: person.id, roles: person.roles, organisation: person.organisation, ...means });
    return;
  }
  response.render('account', {
    ...means,
    made,
    isLra: hasRole(person, 'lra'),
    isOfficer: hasRole(person, 'officer'),
    equipment: await equipmentOf(parts, person.id),
    hasTokens: scopesFor(person).length > 0,
    withCertificate: cameFromProxy(request),
    rpId: new URL(parts.settings.url).hostname,
  });
}
