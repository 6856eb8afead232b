/** The tokens of one's own programs: seen, made by who has just signed in, ended. */
import { Router, type Request, type Response } from 'express';
import { PkiError, type Violation } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import { scopesFor } from '../people/api-scopes.ts';
import {
  endOwnToken,
  freshFor,
  isMistakesOfToken,
  isOpen,
  makeToken,
  ownerOf,
  type MadeToken,
  type TokenWish,
} from '../people/api-tokens.ts';
import { tokensOf } from '../store/api-tokens.ts';
import { personIn, signedInSince } from './admission.ts';
import { textIn } from './body-text.ts';
import { answerMistakes, showMistakes } from './field-mistakes.ts';
import { slowDown } from './guards.ts';
import { wantsJson } from './refusals.ts';

const path = '/account/tokens';
/** Days that the page offers. */
const dayChoices = [30, 90, 180, 365];

export function tokenPages(parts: PortalParts): Router {
  const router = Router();
  const slow = slowDown(60);
  router.get(path, (request, response) => showTokens(parts, request, response, nothingTyped));
  router.post(path, slow, (request, response) => take(parts, request, response));
  router.post(`${path}/:token/end`, slow, async (request, response) => {
    await endOwnToken(parts, personIn(response), String(request.params['token']));
    if (wantsJson(request)) response.json({ next: path });
    else response.redirect(303, path);
  });
  return router;
}

async function take(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const wish = wishIn(request);
  const signedIn = { person: personIn(response), signedInAt: signedInSince(response) };
  try {
    const made = await makeToken(parts, signedIn, wish);
    const isMade = !isMistakesOfToken(made);
    if (wantsJson(request)) {
      if (isMade) response.status(201).json(made);
      else answerMistakes(response, showMistakes(response, made));
    } else if (isMade) await showTokens(parts, request, response.status(201), { ...nothingTyped, made });
    else await showTokens(parts, request, response.status(422), { wish, mistakes: made, made: null });
  } catch (error) {
    if (wantsJson(request) || !(error instanceof PkiError) || error.code !== 'signInStale') throw error;
    await showTokens(parts, request, response.status(403), { ...nothingTyped, wish });
  }
}

interface Typed {
  readonly wish: TokenWish;
  readonly mistakes: readonly Violation[];
  readonly made: MadeToken | null;
}

const nothingTyped: Typed = { wish: { name: '', scopes: [], days: '' }, mistakes: [], made: null };

async function showTokens(
  parts: PortalParts,
  request: Request,
  response: Response,
  { wish, mistakes, made }: Typed,
): Promise<void> {
  const person = personIn(response);
  const now = parts.clock.now();
  const kept = await tokensOf(parts.database, ownerOf(person));
  const tokens = kept.map(({ id, name, scopes, createdAt, expiresAt, lastUsedAt, endedAt }) => ({
    ...{ id, name, scopes, createdAt, expiresAt, lastUsedAt, endedAt },
    isOpen: isOpen({ endedAt, expiresAt }, now),
  }));
  if (wantsJson(request)) {
    response.json({ tokens });
    return;
  }
  const isFresh = now - signedInSince(response) <= freshFor;
  const choices = { scopes: scopesFor(person), dayChoices };
  response.render('tokens', { tokens, wish, made, isFresh, ...choices, mistakes: showMistakes(response, mistakes) });
}

/** One checkbox comes as a text, several as a list. */
function wishIn(request: Request): TokenWish {
  const { scopes = [] } = (request.body ?? {}) as { readonly scopes?: unknown };
  const chosen = Array.isArray(scopes) ? scopes : [scopes];
  return {
    name: textIn(request, 'tokenName'),
    scopes: chosen.filter(scope => typeof scope === 'string'),
    days: textIn(request, 'days'),
  };
}
