/** Officers give tokens to cases: to one on its page, or to many at once. */
import { Router, type Request, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import { blankCounts, casesForTokens, giveLot, mostInLot, type GivenLot } from '../tokens/give-lot.ts';
import { giveToken, takeTokenBack } from '../tokens/give-token.ts';
import { tokenAlgorithms, type TokenAlgorithm } from '../tokens/token-algorithms.ts';
import { personIn } from './admission.ts';
import { textIn } from './body-text.ts';
import { atWork, backToCase, bodyOf } from './officer-desk-steps.ts';
import { wantsJson } from './refusals.ts';

export function tokenGivingPages(parts: PortalParts): Router {
  const router = Router();
  router.get('/officer/tokens', (request, response) => showCases(parts, request, response, null));
  router.post('/officer/tokens', async (request, response) => {
    const wish = { station: textIn(request, 'station'), algorithm: algorithmIn(request), caseIds: chosenIn(request) };
    const given = await giveLot(parts, personIn(response), wish);
    if (wantsJson(request)) response.status(201).json(given);
    else await showCases(parts, request, response.status(201), given);
  });
  router.post('/officer/cases/:id/token', async (request, response) => {
    const giving = { serial: textIn(request, 'serial'), algorithm: algorithmIn(request) };
    await giveToken(parts, atWork(request, response), giving);
    backToCase(request, response, '#key');
  });
  router.post('/officer/cases/:id/token/back', async (request, response) => {
    await takeTokenBack(parts, atWork(request, response));
    backToCase(request, response, '#key');
  });
  return router;
}

async function showCases(
  parts: PortalParts,
  request: Request,
  response: Response,
  given: GivenLot | null,
): Promise<void> {
  const cases = await casesForTokens(parts, personIn(response));
  const stations = await blankCounts(parts);
  if (wantsJson(request)) response.json({ cases, stations });
  else response.render('usb-token-giving', { cases, stations, given, algorithms: tokenAlgorithms, most: mostInLot });
}

/** Throws fieldInvalid. */
function algorithmIn(request: Request): TokenAlgorithm {
  const algorithm = tokenAlgorithms.find(name => name === textIn(request, 'algorithm'));
  if (algorithm === undefined) throw new PkiError('fieldInvalid', { field: 'keyAlgorithm' });
  return algorithm;
}

function chosenIn(request: Request): readonly string[] {
  const given = bodyOf(request)['case'];
  const texts = (Array.isArray(given) ? given : given === undefined ? [] : [given]) as readonly unknown[];
  return texts.map(String);
}
