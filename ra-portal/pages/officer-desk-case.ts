import { Router, type Request, type Response } from 'express';
import { caseView } from '../officer/case-view.ts';
import { decide, decisionReasons, remarkFields, remarkReasons, writeNote, type Decision } from '../officer/decide.ts';
import { editableFields, editClaim } from '../officer/edit-claim.ts';
import { makeCaseDocument } from '../officer/make-document.ts';
import { recordEvidence, withdraw } from '../officer/record-evidence.ts';
import { confirmVariation, refreshRegister } from '../officer/review-register.ts';
import type { PortalParts } from '../parts.ts';
import { takeFormerEvidence } from '../renewals/former-case.ts';
import { isWordKey } from '../words/words.ts';
import { answerMistakes, showMistakes } from './field-mistakes.ts';
import { evidenceFiles } from './officer-desk-files.ts';
import { atWork, backToCase, bodyOf, toDesk } from './officer-desk-steps.ts';
import { wantsJson } from './refusals.ts';

/** One case: what is claimed, what was seen, what the registers say, and every step in it. */
export function casePages(parts: PortalParts): Router {
  const router = Router();
  router.get('/officer/cases/:id', (request, response) => showCase(parts, request, response));
  addCaseSteps(router, parts);
  addDecisions(router, parts);
  router.use(evidenceFiles(parts));
  return router;
}

async function showCase(
  parts: PortalParts,
  request: Request,
  response: Response,
  tried: { evidence: unknown; mistakes: readonly { rule: string; field: string }[] } = { evidence: {}, mistakes: [] },
): Promise<void> {
  const { caseId, officer } = atWork(request, response);
  const file = await caseView(parts, caseId, officer);
  if (wantsJson(request)) {
    const { standing, signatures, violations, verdicts, names, kept, lint } = file;
    const evidence = kept.map(({ id, record }) => ({ id, ...record }));
    const subject = names?.subjectText ?? null;
    response.json({ caseId, state: standing.state, subject, verdicts, violations, lint, evidence, signatures });
    return;
  }
  const { documents, methods } = parts.policies.identity;
  const mistakes = showMistakes(response, tried.mistakes);
  const choices = { documents, methods, decisionReasons, remarkFields, remarkReasons, editableFields };
  response.render('case', { file, isWordKey, ...choices, tried: tried.evidence, mistakes });
}

/** Each step leads back to the case. */
function addCaseSteps(router: Router, parts: PortalParts): void {
  const path = '/officer/cases/:id';
  router.post(`${path}/evidence`, async (request, response) => {
    const recorded = await recordEvidence(parts, atWork(request, response), request.body);
    if (recorded === 'recorded') backToCase(request, response, '#evidence');
    else if (wantsJson(request)) answerMistakes(response, showMistakes(response, recorded));
    else await showCase(parts, request, response.status(422), { evidence: bodyOf(request), mistakes: recorded });
  });
  router.post(`${path}/evidence/:evidence/withdraw`, async (request, response) => {
    await withdraw(parts, atWork(request, response), request.params.evidence);
    backToCase(request, response, '#evidence');
  });
  router.post(`${path}/evidence/former/:evidence`, async (request, response) => {
    await takeFormerEvidence(parts, atWork(request, response), request.params.evidence);
    backToCase(request, response, '#renewal');
  });
  router.post(`${path}/variations`, async (request, response) => {
    await confirmVariation(parts, atWork(request, response), bodyOf(request)['field']);
    backToCase(request, response, '#register');
  });
  router.post(`${path}/register`, async (request, response) => {
    await refreshRegister(parts, atWork(request, response));
    backToCase(request, response, '#register');
  });
  router.post(`${path}/document`, async (request, response) => {
    toDesk(parts, response, await makeCaseDocument(parts, atWork(request, response)));
  });
  router.post(`${path}/claim-edit`, async (request, response) => {
    const { field, value } = bodyOf(request);
    await editClaim(parts, atWork(request, response), { field, value });
    backToCase(request, response, '#compare');
  });
  router.post(`${path}/notes`, async (request, response) => {
    await writeNote(parts, atWork(request, response), bodyOf(request)['internalNote']);
    backToCase(request, response, '#notes');
  });
}

function addDecisions(router: Router, parts: PortalParts): void {
  const decisions = { return: 'returned', reject: 'rejected' } as const satisfies Record<string, Decision['outcome']>;
  for (const [verb, outcome] of Object.entries(decisions)) {
    router.post(`/officer/cases/:id/${verb}`, async (request, response) => {
      await decide(parts, atWork(request, response), { outcome, body: bodyOf(request) });
      backToCase(request, response);
    });
  }
}
