import { Router, type Request, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { applicationStates } from '../applications/application.ts';
import { reasonsOf } from '../applications/revoke.ts';
import { caseFile } from '../officer/case-file.ts';
import type { AtWork } from '../officer/change-case.ts';
import { decide, decisionReasons, type Decision } from '../officer/decide.ts';
import { makeCaseDocument } from '../officer/make-document.ts';
import { makeRevocationDocument } from '../officer/order-revocation.ts';
import { otherDocuments, queueOf, readSearch } from '../officer/queue.ts';
import { recordEvidence, withdraw } from '../officer/record-evidence.ts';
import { confirmVariation, refreshRegister } from '../officer/review-register.ts';
import type { PortalParts } from '../parts.ts';
import { personIn } from './admission.ts';
import { answerMistakes, showMistakes } from './field-mistakes.ts';
import { wantsJson } from './refusals.ts';

/** What officers see and do once they are signed in. */
export function officerDesk(parts: PortalParts): Router {
  const router = Router();
  router.get('/officer', async (request, response) => {
    const search = readSearch(request.query);
    const [lines, documents] = await Promise.all([queueOf(parts, search), otherDocuments(parts)]);
    response.render('queue', { search, lines, documents, states: applicationStates });
  });
  router.get('/officer/cases/:id', (request, response) => showCase(parts, request, response));
  addCaseSteps(router, parts);
  addCertificates(router, parts);
  return router;
}

const atWork = (request: Request, response: Response): AtWork => ({
  caseId: String(request.params['id']),
  officer: personIn(response),
});
const bodyOf = (request: Request): Readonly<Record<string, unknown>> => (request.body ?? {}) as Record<string, unknown>;

async function showCase(
  parts: PortalParts,
  request: Request,
  response: Response,
  tried: { evidence: unknown; mistakes: readonly { rule: string; field: string }[] } = { evidence: {}, mistakes: [] },
): Promise<void> {
  const { caseId, officer } = atWork(request, response);
  const file = await caseFile(parts, caseId, officer);
  if (wantsJson(request)) {
    const { standing, signatures, violations, verdicts, names, kept } = file;
    const evidence = kept.map(({ id, record }) => ({ id, ...record }));
    const subject = names?.subjectText ?? null;
    response.json({ caseId, state: standing.state, subject, verdicts, violations, evidence, signatures });
    return;
  }
  const { documents, methods } = parts.policies.identity;
  const mistakes = showMistakes(response, tried.mistakes);
  response.render('case', { file, documents, methods, decisionReasons, tried: tried.evidence, mistakes });
}

/** Each step leads back to the case. */
function addCaseSteps(router: Router, parts: PortalParts): void {
  const back = (request: Request, response: Response, part = ''): void => {
    const { caseId } = atWork(request, response);
    if (wantsJson(request)) response.json({ caseId });
    else response.redirect(303, `/officer/cases/${encodeURIComponent(caseId)}${part}`);
  };
  const path = '/officer/cases/:id';
  router.post(`${path}/evidence`, async (request, response) => {
    const recorded = await recordEvidence(parts, atWork(request, response), request.body);
    if (recorded === 'recorded') back(request, response, '#evidence');
    else if (wantsJson(request)) answerMistakes(response, showMistakes(response, recorded));
    else await showCase(parts, request, response.status(422), { evidence: bodyOf(request), mistakes: recorded });
  });
  router.post(`${path}/evidence/:evidence/withdraw`, async (request, response) => {
    await withdraw(parts, atWork(request, response), request.params.evidence);
    back(request, response, '#evidence');
  });
  router.post(`${path}/variations`, async (request, response) => {
    await confirmVariation(parts, atWork(request, response), bodyOf(request)['field']);
    back(request, response, '#compare');
  });
  router.post(`${path}/register`, async (request, response) => {
    await refreshRegister(parts, atWork(request, response));
    back(request, response, '#register');
  });
  router.post(`${path}/document`, async (request, response) => {
    toDesk(parts, response, await makeCaseDocument(parts, atWork(request, response)));
  });
  const decisions = { return: 'returned', reject: 'rejected' } as const satisfies Record<string, Decision['outcome']>;
  for (const [verb, outcome] of Object.entries(decisions)) {
    router.post(`${path}/${verb}`, async (request, response) => {
      const { reason, note } = bodyOf(request);
      await decide(parts, atWork(request, response), { outcome, reason, note });
      back(request, response);
    });
  }
}

function toDesk({ settings }: PortalParts, response: Response, digest: string): void {
  const location = `${settings.approvalUrl}/documents/${digest}`;
  response.status(303).location(location).json({ digest, location });
}

function addCertificates(router: Router, parts: PortalParts): void {
  const path = '/officer/certificates/:serial';
  router.get(path, async (request, response) => {
    const certificate = await parts.ca.certificates.withSerialNumber(request.params.serial);
    if (certificate === undefined) throw new PkiError('certificateUnknown');
    const { issuer, serialNumber, profile } = certificate;
    const status = await parts.ca.status.of(issuer, serialNumber);
    const documents = await parts.ca.documents.about('revocation', serialNumber);
    if (wantsJson(request)) response.json({ serialNumber, profile, status: status ?? null });
    else response.render('certificate', { certificate, status, documents, reasons: reasonsOf(parts, profile) });
  });
  router.post(`${path}/revocation`, async (request, response) => {
    const wish = { serialNumber: request.params.serial, reason: bodyOf(request)['reason'] };
    toDesk(parts, response, await makeRevocationDocument(parts, personIn(response), wish));
  });
}
