/** The quarterly self-audit: the operator has the sample drawn, whom the audit log chooses, and auditors read it. */
import { Router, type Request, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { certificateRules, drawSelfAudit, lastQuarter, quarterCalled } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { hasRole } from '../people/person.ts';
import { personIn } from './admission.ts';
import { textIn } from './body-text.ts';
import { wantsJson } from './refusals.ts';

const path = '/self-audits';

export function selfAuditPages(parts: PortalParts): Router {
  const router = Router();
  router.get(path, (request, response) => showAll(parts, request, response));
  router.post(path, async (request, response) => {
    const quarter = quarterCalled(textIn(request, 'quarter'));
    if (quarter === undefined) throw new PkiError('fieldInvalid', { field: 'quarter' });
    const { ca, policies, clock } = parts;
    if ((await ca.selfAudits.of(quarter.name)) === undefined) {
      const drawn = await drawSelfAudit({ store: ca, policies, now: clock.now() }, quarter);
      await ca.selfAudits.add(drawn, { service: 'ra-portal', actor: personIn(response).id });
    }
    if (wantsJson(request)) response.status(201).json(await ca.selfAudits.of(quarter.name));
    else response.redirect(303, `${path}/${quarter.name}`);
  });
  router.get(`${path}/:quarter`, async (request, response) => {
    const audit = await parts.ca.selfAudits.of(request.params.quarter);
    if (audit === undefined) throw new PkiError('documentUnknown');
    const rules = new Map(certificateRules.map(rule => [rule.id, rule]));
    if (wantsJson(request)) response.json(audit);
    else response.render('self-audit', { audit, rules });
  });
  return router;
}

/** What is on record, and the quarter that is due where nobody drew it yet. */
async function showAll({ ca, clock }: PortalParts, request: Request, response: Response): Promise<void> {
  const audits = await ca.selfAudits.all();
  const due = lastQuarter(clock.now()).name;
  const isDrawn = audits.some(({ quarter }) => quarter === due);
  if (wantsJson(request)) response.json({ audits, due: isDrawn ? null : due });
  else
    response.render('self-audits', {
      audits,
      due: isDrawn ? null : due,
      mayDraw: hasRole(personIn(response), 'caOperator'),
    });
}
