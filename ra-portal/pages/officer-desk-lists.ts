import { Router, type Request, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { mostInList, type CertificateProfile } from '../../ca-core/index.ts';
import { greenCases, makeList } from '../officer/lists.ts';
import type { PortalParts } from '../parts.ts';
import { personIn } from './admission.ts';
import { profilesOf } from './apply.ts';
import { bodyOf } from './officer-desk-steps.ts';
import { wantsJson } from './refusals.ts';

/** Cases that are approved together. */
export function listPages(parts: PortalParts): Router {
  const router = Router();
  router.get('/officer/lists', async (request, response) => {
    await showList(parts, request, response, null);
  });
  router.post('/officer/lists', async (request, response) => {
    const body = bodyOf(request);
    const profile = profileIn(parts, body['profile']);
    const cases = chosenIn(body['case']);
    const typedCount = typeof body['count'] === 'string' ? body['count'] : '';
    const made = await makeList(parts, personIn(response), { profile, cases, typedCount });
    const location = `${parts.settings.approvalUrl}/documents/${made.digest}`;
    if (wantsJson(request)) response.status(201).json({ ...made, location });
    else await showList(parts, request, response.status(201), { ...made, location });
  });
  return router;
}

async function showList(
  parts: PortalParts,
  request: Request,
  response: Response,
  made: { readonly dropped: readonly string[]; readonly size: number; readonly location: string } | null,
): Promise<void> {
  const profiles = profilesOf(parts);
  const profile = profileIn(parts, request.query['profile'] ?? profiles[0]?.name);
  const cases = made === null ? await greenCases(parts, profile, personIn(response)) : [];
  if (wantsJson(request)) response.json({ profile: profile.name, cases });
  else response.render('case-list', { profiles, profile, cases, made, most: mostInList });
}

/** Throws profileUnknown. */
function profileIn(parts: PortalParts, name: unknown): CertificateProfile {
  const profile = profilesOf(parts).find(known => known.name === name);
  if (profile === undefined) throw new PkiError('profileUnknown');
  return profile;
}

/** Each as `reception number@when it was last changed`, so that a case which changes meanwhile is not meant any more. */
function chosenIn(given: unknown): readonly { caseId: string; changedAt: number }[] {
  const texts = (Array.isArray(given) ? given : given === undefined ? [] : [given]) as readonly unknown[];
  return texts.map(text => {
    const [, caseId, at] = /^(K[0-9A-Z-]{1,31})@([0-9]{1,12})$/.exec(String(text)) ?? [];
    if (caseId === undefined) throw new PkiError('fieldInvalid', { field: 'case' });
    return { caseId, changedAt: Number(at) };
  });
}
