import { noteEvent } from '../../ca-core/index.ts';
import { tidingsLetter } from '../mail/letters.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication } from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { postLetter } from '../store/letters.ts';

/** So many wrong codes write to the applicant; more do again when they have doubled. */
const firstAlarm = 3;

/** Notes a wrong code; at the third, sixth, twelfth … the applicant gets a letter and the log an alarm. */
export async function raiseAlarm(
  parts: PortalParts,
  { caseId, wrong }: { readonly caseId: string; readonly wrong: number },
): Promise<void> {
  const { database, clock, settings } = parts;
  const at = clock.now();
  const isAlarm = wrong >= firstAlarm && Number.isInteger(Math.log2(wrong / firstAlarm));
  await inOneStep(database, async trx => {
    const action = isAlarm ? 'application.accessCodeAlarm' : 'application.accessCodeWrong';
    const details = { wrong: String(wrong) };
    await noteEvent(trx, { at, service: 'ra-portal', action, actor: 'applicant', subject: caseId, details });
    const application = isAlarm ? await findApplication(trx, caseId) : null;
    if (application !== null) await postLetter(trx, { ...tidingsLetter(application, 'wrongCodes', settings.url), at });
  });
  if (isAlarm) parts.sendLetters();
}
