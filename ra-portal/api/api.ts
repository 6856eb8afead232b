/** The JSON API: every operation behind one guard, and every refusal a problem. It reads no cookie. */
import { Router, type ErrorRequestHandler, type Request, type RequestHandler, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import type { Log } from '../../ca-core/log.ts';
import { keepNothing, safeHeaders, slowDown } from '../pages/guards.ts';
import { mannersIn, mannersOf } from '../pages/manners.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import type { Client } from './credentials.ts';
import { clientIn, guard } from './guard.ts';
import { once, requestIdOf } from './once.ts';
import type { Operation, RawCall } from './operation.ts';
import { operations } from './operations.ts';
import { pairingPath } from './stations.ts';
import { internalProblem, problemOf, unknownProblem } from './problem.ts';
import { fileOf, jsonIn, octetsIn, octetsOfBody } from './read-body.ts';
import { groundOf, sendAnswer } from './send.ts';
import { hasTag, tagOf } from './tag.ts';

const base = '/api/v1';
/** Of one address: nobody pairs more often, and guesses get nowhere. */
const pairingsPerMinute = 20;

export function api(parts: PortalParts, log: Log): Router {
  const router = Router();
  router.use(base, speak, safeHeaders(parts.settings), keepNothing, guard(parts));
  for (const open of ['challenges', 'passes', 'rewraps'])
    router.use(`${base}/cards/:idm/${open}`, slowDown(parts.policies.cards.proof.perMinute));
  router.use(pairingPath, slowDown(pairingsPerMinute));
  for (const operation of operations) {
    const serve: RequestHandler = (request, response, next) =>
      operation.isPageToo && request.accepts(['html', 'json']) !== 'json'
        ? next('router')
        : serveOperation(parts, operation, { request, response });
    if (operation.method === 'GET') router.get(operation.path, serve);
    else router.post(operation.path, octetsOfBody(operation), serve);
  }
  router.use(base, (_request, response) => sendAnswer(response, unknownProblem(groundOf(parts, response))));
  router.use(base, answerError(parts, log));
  return router;
}

/** The language of the request alone. */
const speak: RequestHandler = (request, response, next) => {
  const language = request.acceptsLanguages('ja', 'en') === 'en' ? 'en' : 'ja';
  Object.assign(response.locals, mannersIn(language));
  response.vary('Accept-Language');
  next();
};

interface Exchange {
  readonly request: Request;
  readonly response: Response;
}

async function serveOperation(parts: PortalParts, operation: Operation, exchange: Exchange): Promise<void> {
  const { response } = exchange;
  const { person, scopes } = operation.scope === null ? stranger : clientIn(response);
  if (operation.scope !== null && !scopes.includes(operation.scope)) {
    throw new PkiError('scopeMissing', { scope: operation.scope });
  }
  const call = callOf(operation, exchange, person);
  if (operation.method === 'POST') await serveOnce(parts, operation, { exchange, call });
  else await serveRead(parts, operation, { exchange, call });
}

/** Whoever asks for what is open to everybody. */
const stranger: Pick<Client, 'person' | 'scopes'> = {
  person: { id: '', roles: [], name: '', mailbox: '', organisation: null, signedInBy: 'token' },
  scopes: [],
};

function callOf({ method, takesFile }: Operation, { request, response }: Exchange, person: Person): RawCall {
  const isRead = method === 'GET';
  return {
    person,
    language: mannersOf(response).language,
    parameters: request.params as Record<string, string>,
    query: request.query,
    body: isRead || takesFile !== undefined ? {} : jsonIn(request),
    file: takesFile === undefined ? Buffer.alloc(0) : fileOf(request, takesFile),
    ifMatch: request.get('If-Match') ?? null,
    requestId: isRead ? '' : requestIdOf({ subject: subjectIn(request, person), key: keyIn(request) }),
  };
}

/** Who repeats a request: a person or station; where nobody signs in, whoever holds the card that the path names. */
const subjectIn = ({ params }: Request, { id }: Person): string =>
  id === '' ? `card ${String(params['idm'] ?? '')}`.slice(0, 64) : id;

const keyIn = (request: Request): string => request.get('Idempotency-Key') ?? '';

interface Turn {
  readonly exchange: Exchange;
  readonly call: RawCall;
}

async function serveRead(parts: PortalParts, operation: Operation, { exchange, call }: Turn): Promise<void> {
  const { request, response } = exchange;
  const answer = await operation.prepare(call)(parts);
  if (!operation.isTagged) {
    sendAnswer(response, answer);
    return;
  }
  const tag = tagOf(answer.body);
  response.set('ETag', tag);
  if (hasTag(request.get('If-None-Match') ?? '', tag)) response.status(304).end();
  else sendAnswer(response, answer);
}

async function serveOnce(parts: PortalParts, operation: Operation, { exchange, call }: Turn): Promise<void> {
  const { request, response } = exchange;
  const run = operation.prepare(call);
  const { method, originalUrl: path } = request;
  const subject = subjectIn(request, call.person);
  const asked = { subject, key: keyIn(request), method, path, octets: octetsIn(request) };
  const ground = groundOf(parts, response);
  const { isAtOnce } = operation;
  const { answer, isReplayed } = await once(parts, asked, {
    isAtOnce,
    run,
    refusal: error => problemOf(error, ground),
  });
  if (isReplayed) response.set('Idempotency-Replayed', 'true');
  sendAnswer(response, answer);
}

function answerError(parts: PortalParts, log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const ground = groundOf(parts, response);
    const problem = problemOf(error, ground);
    if (problem === null) log.error({ err: error, path: request.path }, 'a request of a program failed');
    sendAnswer(response, problem ?? internalProblem(ground));
  };
}
