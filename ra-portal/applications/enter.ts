import { noteEvent } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import { accessCodeOf } from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { beginSession } from '../store/sessions.ts';
import { isAccessCode } from './codes.ts';
import { countAttempt, forgiveAttempts } from './guesses.ts';

/** Opens an application with its 8-digit code and returns the session's token. Throws accessCodeWrong or tooManyAttempts. */
export async function enter(
  { database, clock }: Pick<PortalParts, 'database' | 'clock'>,
  { caseId, accessCode }: { caseId: string; accessCode: string },
): Promise<string> {
  const at = clock.now();
  const stored = await accessCodeOf(database, caseId);
  if (stored !== null) await countAttempt(database, `access:${caseId}`, at);
  if (!(await isAccessCode(accessCode, stored))) {
    if (stored !== null) await noteEvent(database, eventOf('application.accessCodeWrong', caseId, at));
    throw new PkiError('accessCodeWrong');
  }
  return inOneStep(database, async trx => {
    await forgiveAttempts(trx, `access:${caseId}`);
    await noteEvent(trx, eventOf('application.entered', caseId, at));
    return beginSession(trx, { kind: 'applicant', subject: caseId, means: 'accessCode', at });
  });
}

const eventOf = (action: string, caseId: string, at: number) => ({
  at,
  service: 'ra-portal',
  action,
  actor: 'applicant',
  subject: caseId,
  details: {},
});
