import { Router, type Request, type Response } from 'express';
import type { PortalParts } from '../parts.ts';
import { changesAwaiting, officerLines, personFile, type AwaitingChange } from '../people/list-people.ts';
import {
  confirmChange,
  declineChange,
  proposeChange,
  proposePerson,
  suspend,
  type ChangeGround,
  type Doer,
} from '../people/change-roles.ts';
import { isMistakesOfPerson, readPerson, readWish } from '../people/read-person.ts';
import { neededHere } from '../people/authenticators.ts';
import { fewestOfficers } from '../people/production.ts';
import { givenRoles } from '../people/roles.ts';
import { allPeople } from '../store/people.ts';
import { personIn } from './admission.ts';
import { answerMistakes, showMistakes, type ShownMistake } from './field-mistakes.ts';
import { wantsJson } from './refusals.ts';

/** The administrator's desk: people and roles, and nothing else. Auditors read it. */
export function peoplePages(parts: PortalParts): Router {
  const router = Router();
  const ground = groundOf(parts);
  const doer = (response: Response): Doer => ({ by: personIn(response).id, at: parts.clock.now() });
  router.get('/people', (request, response) => showPeople(parts, request, response));
  router.get('/people/:person', async (request, response) => {
    const file = await personFile(parts, request.params.person);
    if (wantsJson(request)) response.json(file);
    else response.render('person', { file });
  });
  router.post('/people', async (request, response) => {
    const typed = (request.body ?? {}) as Record<string, unknown>;
    const person = readPerson(typed);
    if (isMistakesOfPerson(person)) {
      const mistakes = showMistakes(response, person);
      if (wantsJson(request)) answerMistakes(response, mistakes);
      else await showPeople(parts, request, response.status(422), { typed, mistakes });
      return;
    }
    const { id, personId } = await proposePerson(ground, person, doer(response));
    proposed(request, response, { id, personId });
  });
  router.post('/people/:person/changes', async (request, response) => {
    const wish = readWish(request.params.person, (request.body ?? {}) as Record<string, unknown>);
    const { id, personId } = await proposeChange(ground, wish, doer(response));
    proposed(request, response, { id, personId });
  });
  router.post('/people/:person/suspend', async (request, response) => {
    await suspend(ground, request.params.person, doer(response));
    if (wantsJson(request)) response.json({ personId: request.params.person });
    else response.redirect(303, `/people/${encodeURIComponent(request.params.person)}`);
  });
  addDecisions(router, parts, doer);
  return router;
}

function addDecisions(router: Router, parts: PortalParts, doer: (response: Response) => Doer): void {
  router.post('/role-changes/:change/confirm', async (request, response) => {
    const link = await confirmChange(groundOf(parts), request.params.change, doer(response));
    parts.sendLetters();
    if (wantsJson(request)) response.json({ code: link?.code ?? null, expiresAt: link?.expiresAt ?? null });
    else if (link === null) response.redirect(303, '/people');
    else response.render('person-code', { link });
  });
  router.post('/role-changes/:change/decline', async (request, response) => {
    await declineChange(groundOf(parts), request.params.change, doer(response));
    if (wantsJson(request)) response.json({});
    else response.redirect(303, '/people');
  });
}

const groundOf = ({ database, settings, policies }: PortalParts): ChangeGround => ({
  database,
  invitation: { portalUrl: settings.url, lifetime: policies.schedule.portal.invitationLifetime },
});

function proposed(request: Request, response: Response, { id, personId }: { id: string; personId: string }): void {
  if (wantsJson(request)) response.status(201).json({ id, personId });
  else response.redirect(303, `/people/${encodeURIComponent(personId)}`);
}

interface Tried {
  readonly typed: Readonly<Record<string, unknown>>;
  readonly mistakes: readonly ShownMistake[];
}

async function showPeople(
  parts: PortalParts,
  request: Request,
  response: Response,
  { typed, mistakes }: Tried = { typed: {}, mistakes: [] },
): Promise<void> {
  const people = await allPeople(parts.database);
  const waiting: readonly AwaitingChange[] = await changesAwaiting(parts);
  const officers = await officerLines(parts.ca);
  if (wantsJson(request)) response.json({ people, waiting, officers });
  else {
    const authenticatorsNeeded = neededHere(parts);
    const authenticatorsWanted = Math.max(
      authenticatorsNeeded,
      parts.policies.schedule.officers.authenticators.production,
    );
    const officersNeed = { fewestOfficers, authenticatorsNeeded, authenticatorsWanted };
    response.render('people', { people, waiting, officers, ...officersNeed, givenRoles, typed, mistakes });
  }
}
