import { join } from 'node:path';
import cookieParser from 'cookie-parser';
import express, { type Express, type Request, type Response } from 'express';
import type { Clock } from '../ca-core/clock.ts';
import { openStore, readPolicies, watchClock } from '../ca-core/index.ts';
import type { Log } from '../ca-core/log.ts';
import { projectRoot } from '../ca-core/project-root.ts';
import { api } from './api/api.ts';
import { forgetOldAnswers } from './api/once.ts';
import { followIssuance } from './applications/follow-issuance.ts';
import { runJobs } from './bulk/run-jobs.ts';
import { inviteToRekey } from './campaigns/invite.ts';
import { followAudit } from './officer/follow-audit.ts';
import { followDesk } from './officer/follow-desk.ts';
import { openSweep } from './applications/sweep.ts';
import { mailAlerts } from './operations/mail-alerts.ts';
import { openFigures } from './operations/tell-figures.ts';
import { watchMonitor } from './operations/watch-monitor.ts';
import { openMailer } from './mail/mailer.ts';
import { openPostOffice } from './mail/post-office.ts';
import { accessReviewPages } from './pages/access-review.ts';
import { accountPages } from './pages/account.ts';
import { admission } from './pages/admission.ts';
import { applicationPages } from './pages/applications.ts';
import { applyDocuments } from './pages/apply-documents.ts';
import { applySteps } from './pages/apply-steps.ts';
import { applyPages } from './pages/apply.ts';
import { bulkCheckPages } from './pages/bulk-check.ts';
import { bulkJobPages } from './pages/bulk-jobs.ts';
import { bulkResultPages } from './pages/bulk-results.ts';
import { bulkSamplePages } from './pages/bulk-sample.ts';
import { bulkSubmitPages } from './pages/bulk-submit.ts';
import { correctionPages } from './pages/correction.ts';
import { formTokens, keepNothing, safeHeaders, sameOriginOnly, trustIn } from './pages/guards.ts';
import { door } from './pages/door.ts';
import { enrolmentPages } from './pages/enrolment.ts';
import { helpPages } from './pages/help.ts';
import { homePage } from './pages/home.ts';
import { lraApplyPages } from './pages/lra-apply.ts';
import { lraCorrectPages } from './pages/lra-correct.ts';
import { lraDocuments } from './pages/lra-documents.ts';
import { lraEndingPages } from './pages/lra-ending.ts';
import { lraReportPages } from './pages/lra-reports.ts';
import { lraPages } from './pages/lra.ts';
import { mailboxPages } from './pages/mailbox.ts';
import { speak } from './pages/manners.ts';
import { officerDesk } from './pages/officer-desk.ts';
import { operationsPages } from './pages/operations.ts';
import { peoplePages } from './pages/people.ts';
import { problemPages } from './pages/problems.ts';
import { tokenPages } from './pages/tokens.ts';
import { ownFilePages } from './pages/own-file.ts';
import { pickUpPages } from './pages/pick-up.ts';
import { answerError, wantsJson } from './pages/refusals.ts';
import { renewalPages } from './pages/renewal.ts';
import { reportPages } from './pages/report.ts';
import { retentionPages } from './pages/retention.ts';
import { revocationPages } from './pages/revocation.ts';
import { selfAuditPages } from './pages/self-audits.ts';
import { importMap, servedFiles } from './pages/served-files.ts';
import { takeOverPages } from './pages/take-over.ts';
import { tokenGivingPages } from './pages/usb-token-giving.ts';
import { usbTokenPages } from './pages/usb-tokens.ts';
import type { PortalParts } from './parts.ts';
import { endTokensOfFormerOfficers } from './people/api-tokens.ts';
import { openRegisters } from './registers/open-registers.ts';
import { openNoticeRounds } from './renewals/rounds.ts';
import { openRetentionRounds } from './retention/rounds.ts';
import type { PortalSettings } from './settings.ts';
import type { Database } from './store/database.ts';
import { openTokenWatch } from './tokens/follow-tokens.ts';
import { openCleaning } from './uploads/cleaning.ts';
import { readMultipart } from './uploads/read-multipart.ts';
import { openUploadSeal } from './uploads/seal-at-rest.ts';

export interface Portal {
  readonly app: Express;
  /** Notes what the CA core has issued, and sends what letters wait; the caller decides how often. */
  readonly look: () => Promise<void>;
  /** Carries bulk jobs on as far as they can go now; often, since the CA core waits for nobody. */
  readonly runJobs: () => Promise<void>;
}

/** The whole portal over an open, migrated database. */
export function openPortal({ database, settings, clock, log, compiled }: PortalGround): Portal {
  const mailer = openMailer(settings.mail, `Kakuin <no-reply@${new URL(settings.url).hostname}>`);
  const postOffice = openPostOffice({ database, mailer, clock, log });
  const parts: PortalParts = {
    settings,
    database,
    ca: openStore(database),
    policies: readPolicies(settings.policies),
    registers: openRegisters(database, settings),
    clock,
    cleanUpload: openCleaning(),
    uploadSeal: openUploadSeal(settings.home),
    sendLetters: () => void postOffice.send(),
  };
  const sweep = openSweep();
  const tellOfEnds = openNoticeRounds();
  const deletePastTime = openRetentionRounds();
  const followTokens = openTokenWatch();
  const tellFigures = openFigures();
  const { look: lookAtClock } = watchClock(parts.policies.schedule.crl.clockJump);
  const endWhatIsOver = async (): Promise<void> => {
    await sweep(parts);
    await tellOfEnds(parts);
    await deletePastTime(parts);
    await forgetOldAnswers(parts);
  };
  const look = async (): Promise<void> => {
    const clockFault = lookAtClock(clock.now());
    await followIssuance(parts);
    await followTokens(parts);
    // By a clock that jumped ahead evidence would be deleted for good, and everybody told that certificates end.
    if (clockFault === undefined) await endWhatIsOver();
    await followDesk(parts);
    await followAudit(parts);
    await endTokensOfFormerOfficers(parts);
    await tellFigures({ ...parts, clockFault });
    await watchMonitor(parts);
    await mailAlerts(parts);
    await inviteToRekey(parts);
    await postOffice.send();
  };
  return { app: appOf(parts, { log, compiled }), look, runJobs: () => runJobs(parts).then(() => undefined) };
}

export interface PortalGround {
  readonly database: Database;
  readonly settings: PortalSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** The folder with the compiled sources, from which browsers get their scripts. */
  readonly compiled: string;
}

function appOf(parts: PortalParts, { log, compiled }: Pick<PortalGround, 'log' | 'compiled'>): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('trust proxy', trustIn(parts.settings));
  app.set('views', join(projectRoot, 'ra-portal', 'views'));
  app.set('view engine', 'ejs');
  app.enable('view cache');
  app.locals['importMap'] = importMap;
  app.use(api(parts, log));
  app.use(cookieParser(), speak(parts), safeHeaders(parts.settings));
  app.use(servedFiles(compiled));
  app.use(keepNothing, sameOriginOnly(parts.settings));
  app.use(express.urlencoded({ extended: false, limit: '64kb' }), express.json({ limit: '64kb' }), readMultipart);
  app.use(formTokens(parts.settings));
  app.use(admission(parts, answerUnknown));
  app.use(homePage(), applyPages(parts), applySteps(parts), applyDocuments(parts), helpPages());
  app.use(applicationPages(parts), mailboxPages(parts), correctionPages(parts), pickUpPages(parts));
  app.use(revocationPages(parts), reportPages(parts), takeOverPages(parts));
  app.use(lraPages(parts), lraApplyPages(parts), lraDocuments(parts), lraCorrectPages(parts));
  app.use(renewalPages(parts), lraEndingPages(parts), retentionPages(parts));
  app.use(lraReportPages(parts), accessReviewPages(parts));
  app.use(
    door(parts),
    enrolmentPages(parts),
    accountPages(parts),
    tokenPages(parts),
    problemPages(),
    peoplePages(parts),
    operationsPages(parts),
    officerDesk(parts),
    selfAuditPages(parts),
    usbTokenPages(parts),
    tokenGivingPages(parts),
  );
  app.use(
    bulkCheckPages(parts),
    bulkSubmitPages(parts),
    bulkJobPages(parts),
    bulkResultPages(parts),
    bulkSamplePages(parts),
    ownFilePages(parts),
  );
  app.use(answerUnknown);
  app.use(answerError(log));
  return app;
}

function answerUnknown(request: Request, response: Response): void {
  response.status(404);
  if (wantsJson(request)) response.type('application/problem+json').send('{"status":404,"code":"pageUnknown"}');
  else response.render('not-found', {});
}
