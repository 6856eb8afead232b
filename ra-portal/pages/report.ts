/** Problem reports: from anybody, at any hour, without an account; and the officers' look at them. */
import { Router, type Request, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { lookedAtWithin, reportOutcomes, reportProblem, settleReport } from '../applications/report-problem.ts';
import type { PortalParts } from '../parts.ts';
import { findReport, listReports, type ProblemReport } from '../store/problem-reports.ts';
import { personIn } from './admission.ts';
import { textIn } from './body-text.ts';
import { answerMistakes, showMistakes } from './field-mistakes.ts';
import { slowDown } from './guards.ts';
import { mannersOf } from './manners.ts';
import { wantsJson } from './refusals.ts';

export function reportPages(parts: PortalParts): Router {
  const router = Router();
  router.get('/report', (request, response) => {
    const serialNumber = typeof request.query['serial'] === 'string' ? request.query['serial'] : '';
    response.render('report', { text: { serialNumber, words: '', contact: '' }, mistakes: [] });
  });
  router.post('/report', slowDown(20), (request, response) => takeReport(parts, request, response));
  router.get('/report/:report', async (request, response) => {
    const report = await mustFindReport(parts, request.params.report);
    if (wantsJson(request)) response.json({ receipt: report.id, closedAt: report.closed?.at ?? null });
    else response.render('report-taken', { report, by: report.createdAt + lookedAtWithin });
  });
  addOfficers(router, parts);
  return router;
}

async function takeReport(parts: PortalParts, request: Request, response: Response): Promise<void> {
  const text = {
    serialNumber: textIn(request, 'serialNumber'),
    words: textIn(request, 'words'),
    contact: textIn(request, 'contact'),
  };
  const taken = await reportProblem(parts, text, mannersOf(response).language);
  if (typeof taken === 'string') {
    if (wantsJson(request)) response.status(201).location(`/report/${taken}`).json({ receipt: taken });
    else response.redirect(303, `/report/${taken}`);
  } else if (wantsJson(request)) answerMistakes(response, showMistakes(response, taken));
  else response.status(422).render('report', { text, mistakes: showMistakes(response, taken) });
}

function addOfficers(router: Router, parts: PortalParts): void {
  router.get('/officer/reports', async (_request, response) => {
    const reports = await listReports(parts.database, 200);
    response.render('reports', { reports, lookedAtWithin });
  });
  router.get('/officer/reports/:report', async (request, response) => {
    const report = await mustFindReport(parts, request.params.report);
    const { serialNumber } = report;
    const certificate = serialNumber === null ? undefined : await parts.ca.certificates.withSerialNumber(serialNumber);
    response.render('report-case', { report, certificate, by: report.createdAt + lookedAtWithin, reportOutcomes });
  });
  router.post('/officer/reports/:report/close', async (request, response) => {
    const [outcome, answer] = [textIn(request, 'outcome'), textIn(request, 'answer')];
    await settleReport(parts, request.params.report, { by: personIn(response).id, outcome, answer });
    if (wantsJson(request)) response.json({ receipt: request.params.report });
    else response.redirect(303, '/officer/reports');
  });
}

/** Throws reportUnknown. */
async function mustFindReport({ database }: PortalParts, id: string): Promise<ProblemReport> {
  const report = await findReport(database, id);
  if (report === null) throw new PkiError('reportUnknown');
  return report;
}
