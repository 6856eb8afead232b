/** What stands before every operation: origin, the table of routes, credentials, limits. */
import type { Request, RequestHandler, Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import { staysInside } from '../pages/admission.ts';
import { limitBy, slowDown } from '../pages/guards.ts';
import { rulesFor } from '../pages/routes.ts';
import { clientOf, type Client } from './credentials.ts';
import { unknownProblem } from './problem.ts';
import { groundOf, sendAnswer } from './send.ts';

const requestsPerMinute = 600;
const refusalsPerMinute = 600;

/**
 * Lets a request through to the operation of its path. Failed tries are slowed down by address, and only they: who comes
 * with the right credentials is never held up by somebody else's.
 */
export function guard(parts: PortalParts): RequestHandler {
  const slowed = slowDown(refusalsPerMinute);
  const limited = limitBy(requestsPerMinute, (_request, response) => clientIn(response).countedAs);
  return async (request, response, next) => {
    staysHere(parts, request);
    const rules = rulesFor(request.method, request.baseUrl + request.path);
    if (rules.length === 0) {
      sendAnswer(response, unknownProblem(groundOf(parts, response)));
      return;
    }
    if (rules.every(({ allowed }) => allowed.includes('everyone'))) {
      next();
      return;
    }
    const client = await clientOf(parts, request).catch((error: unknown) => {
      if (error instanceof PkiError) return error;
      throw error;
    });
    if (client instanceof PkiError) {
      await slowed(request, response, (error?: unknown) => {
        next(error ?? client);
      });
      return;
    }
    const { person } = client;
    if (!rules.every(({ allowed }) => person.roles.some(role => allowed.includes(role)))) {
      throw new PkiError('notPermitted');
    }
    await staysInside(parts, rules, [person]);
    response.locals['client'] = client;
    await limited(request, response, next);
  };
}

/** Who asks, on a path that is not for everyone. Throws credentialsRefused. */
export function clientIn(response: Response): Client {
  const client = response.locals['client'] as Client | undefined;
  if (client === undefined) throw new PkiError('credentialsRefused');
  return client;
}

/** Browsers present client certificates by themselves: what another origin's page sends is refused. */
function staysHere({ settings }: PortalParts, { method, headers }: Request): void {
  if (method === 'GET' || method === 'HEAD' || headers.origin === undefined) return;
  if (headers.origin !== settings.url) throw new PkiError('notPermitted');
}
