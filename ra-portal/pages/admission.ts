/** Who comes in: one guard before every route, by the table in routes.ts. */
import type { Request, RequestHandler, Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import type { SignedIn } from '../people/accounts.ts';
import type { Person } from '../people/person.ts';
import { hasRole } from '../people/person.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication } from '../store/applications.ts';
import { accountOf, applicantOf } from './cookies.ts';
import { wantsJson } from './refusals.ts';
import { rulesFor, type FittingRule } from './routes.ts';

/** `notFound` answers what no entry of the table fits. */
export function admission(
  parts: PortalParts,
  notFound: (request: Request, response: Response) => void,
): RequestHandler {
  return async (request, response, next) => {
    const rules = rulesFor(request.method, request.path);
    if (rules.length === 0) {
      notFound(request, response);
      return;
    }
    const account = await accountOf(parts, request);
    const applicant = await applicantOf(parts, request);
    const person = account?.person ?? null;
    response.locals['session'] = sessionLeft(account ?? applicant, parts.clock.now());
    response.locals['person'] = person;
    response.locals['signedInSince'] = account?.since ?? 0;
    response.locals['officer'] = person !== null && hasRole(person, 'officer') ? person : null;
    const comers = [person, applicant?.person ?? null].filter(comer => comer !== null);
    if (rules.every(rule => isForEveryone(rule) || comers.some(comer => isAllowed(rule, comer)))) {
      await staysInside(parts, rules, comers);
      next();
    } else turnAway(request, response, { rules, person });
  };
}

export interface SessionLeft {
  /** Seconds until it ends if nothing more comes, and until it ends in any case. */
  readonly idleIn: number;
  readonly endIn: number;
}

const sessionLeft = (signedIn: SignedIn | null, now: number): SessionLeft | null =>
  signedIn === null ? null : { idleIn: signedIn.idleAt - now, endIn: signedIn.endsAt - now };

/** Who is signed in, on a route that is not for everyone. Throws notPermitted. */
export function personIn(response: Response): Person {
  const person = response.locals['person'] as Person | null | undefined;
  if (person === null || person === undefined) throw new PkiError('notPermitted');
  return person;
}

/** Unix seconds of the sign-in of who is signed in with an account; 0 for everybody else. */
export const signedInSince = (response: Response): number => response.locals['signedInSince'] as number;

const isForEveryone = ({ allowed }: FittingRule): boolean => allowed.includes('everyone');

function isAllowed({ allowed, parameters }: FittingRule, comer: Person): boolean {
  if (!comer.roles.some(role => allowed.includes(role))) return false;
  return !hasRole(comer, 'applicant') || parameters['id'] === comer.id;
}

/** An LRA learns nothing of another organisation's case, not even that there is one. Throws applicationUnknown. */
export async function staysInside(
  { database }: PortalParts,
  rules: readonly FittingRule[],
  comers: readonly Person[],
): Promise<void> {
  const lra = comers.find(comer => hasRole(comer, 'lra'));
  const caseId = rules.find(rule => !isForEveryone(rule) && rule.allowed.includes('lra'))?.parameters['id'];
  if (lra === undefined || caseId === undefined) return;
  const application = await findApplication(database, caseId);
  if (application === null || application.claim.corporateNumber !== lra.organisation) {
    throw new PkiError('applicationUnknown');
  }
}

interface TurnedAway {
  readonly rules: readonly FittingRule[];
  readonly person: Person | null;
}

/** Browsers of people who have an account are led to sign in; everything else is refused. */
function turnAway(request: Request, response: Response, { rules, person }: TurnedAway): void {
  const isForApplicants = rules.every(({ allowed }) => allowed.includes('applicant'));
  const isLed = request.method === 'GET' && !wantsJson(request) && person === null && !isForApplicants;
  if (!isLed) throw new PkiError('notPermitted');
  response.redirect(303, '/sign-in');
}
