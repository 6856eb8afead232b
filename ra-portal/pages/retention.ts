/** What is kept how long, what went and what is on hold: for officers, auditors and administrators. */
import { Router } from 'express';
import type { PortalParts } from '../parts.ts';
import { memberNames } from '../officer/queue.ts';
import { holdSteps, takeHoldStep } from '../retention/hold-case.ts';
import { dueNow } from '../retention/retention.ts';
import { newestDeletions } from '../store/deletions.ts';
import { openHolds } from '../store/legal-holds.ts';
import { allPeople } from '../store/people.ts';
import { personIn } from './admission.ts';
import { idOf } from './applications.ts';
import { textIn } from './body-text.ts';
import { backToCase } from './officer-desk-steps.ts';

const shownAtOnce = 200;

export function retentionPages(parts: PortalParts): Router {
  const router = Router();
  router.get('/officer/retention', async (_request, response) => {
    const { database, policies } = parts;
    response.render('retention', {
      policy: policies.retention,
      due: await dueNow(parts),
      holds: await openHolds(database, shownAtOnce),
      deletions: await newestDeletions(database, shownAtOnce),
      names: await namesOfAll(parts),
    });
  });
  for (const step of holdSteps) {
    router.post(`/officer/cases/:id/hold/${step}`, async (request, response) => {
      const holding = { caseId: idOf(request), person: personIn(response), reason: textIn(request, 'reason') };
      await takeHoldStep(parts, step, holding);
      backToCase(request, response, '#hold');
    });
  }
  return router;
}

/** By member id and by id in people. */
export async function namesOfAll({ database }: Pick<PortalParts, 'database'>): Promise<ReadonlyMap<string, string>> {
  const people = (await allPeople(database)).map(({ id, name }) => [id, name] as const);
  return new Map([...(await memberNames(database)), ...people]);
}
