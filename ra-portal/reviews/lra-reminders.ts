/** Reminds an organisation's desk of its report: when the year is over, when it is due, and from then on until it is signed off. */
import { lraReportLetter } from '../mail/life-letters.ts';
import type { PortalParts } from '../parts.ts';
import { inOneStep } from '../store/database.ts';
import { postLetter } from '../store/letters.ts';
import { organisationsWithDesk } from '../store/lra-figures.ts';
import { noteReminder, signedReport } from '../store/lra-reports.ts';
import { lrasOf } from '../store/people.ts';
import { reminderDue, startOfYear, yearOf } from './years.ts';

/** A year that some desk has not signed off. */
export interface MissingReport {
  readonly organisation: string;
  readonly year: number;
  readonly due: number;
  readonly isOverdue: boolean;
}

/** Of the year before this one; of desks that were there in it. */
export async function missingReports(parts: PortalParts): Promise<readonly MissingReport[]> {
  const { database, clock, policies } = parts;
  const year = yearOf(clock.now()) - 1;
  const due = startOfYear(year + 1) + policies.schedule.life.lraReport.dueAfter;
  const missing: MissingReport[] = [];
  for (const { organisation, since } of await organisationsWithDesk(database)) {
    if (since >= startOfYear(year + 1)) continue;
    if ((await signedReport(database, { organisation, year })) !== null) continue;
    missing.push({ organisation, year, due, isOverdue: clock.now() >= due });
  }
  return missing;
}

/** How many letters. Each reminder is posted once, by whichever portal comes first. */
export async function remindOfLraReports(parts: PortalParts): Promise<number> {
  const { database, clock, policies, settings } = parts;
  const at = clock.now();
  const every = policies.schedule.life.lraReport.remindEvery;
  let posted = 0;
  for (const { organisation, year, due } of await missingReports(parts)) {
    const number = reminderDue(at, { opens: startOfYear(year + 1), due, every });
    if (number === null) continue;
    posted += await inOneStep(database, async trx => {
      if (!(await noteReminder(trx, { about: `lraReport ${organisation} ${year}`, number, at }))) return 0;
      const desk = await lrasOf(trx, organisation);
      for (const { mailbox } of desk) {
        await postLetter(trx, { ...lraReportLetter({ mailbox, year, due, portalUrl: settings.url }), at });
      }
      return desk.length;
    });
  }
  if (posted > 0) parts.sendLetters();
  return posted;
}
