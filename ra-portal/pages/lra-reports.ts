/** The yearly report of an organisation's desk: for the desk, which signs it off, and for officers and auditors. */
import { Router, type Response } from 'express';
import { PkiError } from '../../ca-core/errors.ts';
import { checkCorporateNumber } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { lraReport, reportHash, signLraReport } from '../reviews/lra-report.ts';
import { lraReportCsv, openKinds } from '../reviews/lra-report-csv.ts';
import { missingReports } from '../reviews/lra-reminders.ts';
import { yearOf } from '../reviews/years.ts';
import { organisationsWithDesk } from '../store/lra-figures.ts';
import { signedReport, type ReportOf } from '../store/lra-reports.ts';
import { personIn } from './admission.ts';
import { textIn } from './body-text.ts';
import { mannersOf } from './manners.ts';

export function lraReportPages(parts: PortalParts): Router {
  const router = Router();
  router.get('/lra/reports/:year', (request, response) =>
    show(parts, response, { organisation: ownOrganisation(response), year: yearIn(parts, request.params.year) }),
  );
  router.get('/lra/reports/:year/report.csv', (request, response) =>
    sendCsv(parts, response, { organisation: ownOrganisation(response), year: yearIn(parts, request.params.year) }),
  );
  router.post('/lra/reports/:year', async (request, response) => {
    const year = yearIn(parts, request.params.year);
    const signing = { year, remark: textIn(request, 'remark'), hash: textIn(request, 'hash') };
    await signLraReport(parts, personIn(response), signing);
    response.redirect(303, `/lra/reports/${year}`);
  });
  router.get('/officer/lra-reports', (_request, response) => list(parts, response));
  router.get('/officer/lra-reports/:organisation/:year', (request, response) =>
    show(parts, response, aboutIn(parts, request.params)),
  );
  router.get('/officer/lra-reports/:organisation/:year/report.csv', (request, response) =>
    sendCsv(parts, response, aboutIn(parts, request.params)),
  );
  return router;
}

/** Throws notPermitted. */
function ownOrganisation(response: Response): string {
  const { organisation } = personIn(response);
  if (organisation === null) throw new PkiError('notPermitted');
  return organisation;
}

const firstYear = 2020;

/** `last` is the year before this one. Throws fieldInvalid for what is no year, or lies ahead. */
function yearIn({ clock }: PortalParts, typed: string): number {
  const now = yearOf(clock.now());
  const year = typed === 'last' ? now - 1 : /^\d{4}$/.test(typed) ? Number(typed) : 0;
  if (year < firstYear || year > now) throw new PkiError('fieldInvalid', { field: 'year' });
  return year;
}

const aboutIn = (parts: PortalParts, { organisation, year }: { organisation: string; year: string }): ReportOf => ({
  organisation: checkCorporateNumber(organisation),
  year: yearIn(parts, year),
});

async function show(parts: PortalParts, response: Response, about: ReportOf): Promise<void> {
  const report = await lraReport(parts, about);
  const person = personIn(response);
  const isOwn = person.organisation === about.organisation;
  const base = isOwn ? '/lra/reports' : `/officer/lra-reports/${about.organisation}`;
  const canSign = isOwn && report.signed === null && parts.clock.now() >= report.opens;
  const { methods, documents } = parts.policies.identity;
  response.render('lra-report', {
    ...{ report, base, isOwn, canSign, openKinds, methods, documents },
    hash: reportHash(report.figures),
    thisYear: yearOf(parts.clock.now()),
    profiles: parts.policies.profiles,
  });
}

async function sendCsv(parts: PortalParts, response: Response, about: ReportOf): Promise<void> {
  const csv = lraReportCsv(await lraReport(parts, about), mannersOf(response).language);
  const name = `lra-report-${about.organisation}-${about.year}.csv`;
  response.attachment(name).type('text/csv; charset=utf-8').send(csv);
}

/** The year that is over, of every desk. */
async function list(parts: PortalParts, response: Response): Promise<void> {
  const year = yearOf(parts.clock.now()) - 1;
  const missing = new Map((await missingReports(parts)).map(one => [one.organisation, one]));
  const desks = await Promise.all(
    (await organisationsWithDesk(parts.database)).map(async ({ organisation }) => ({
      organisation,
      missing: missing.get(organisation) ?? null,
      signed: await signedReport(parts.database, { organisation, year }),
    })),
  );
  response.render('lra-reports', { year, desks });
}
