import { noteEvent } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import { accessCodeOf } from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { rememberDevice } from '../store/known-devices.ts';
import { beginSession } from '../store/sessions.ts';
import { raiseAlarm } from './alarm.ts';
import { isAccessCode } from './codes.ts';
import { doorOf } from './entry-pass.ts';
import { countAttempt, forgiveAttempts } from './guesses.ts';

export interface Entering {
  readonly caseId: string;
  readonly accessCode: string;
  /** Token of a device that opened this application before, or nothing. */
  readonly device: string;
  /** A pass that was mailed, or nothing. */
  readonly pass: string;
}

export interface Entered {
  /** The session's token. */
  readonly session: string;
  /** Token by which this device is known from now on. */
  readonly device: string;
}

/**
 * Opens an application with its 8-digit code. Wrong codes delay the door they came by, ever longer, and raise an alarm;
 * known devices and the holder of the mailbox have doors of their own, which nobody else's guesses close.
 * Throws accessCodeWrong or tooManyAttempts.
 */
export async function enter(parts: PortalParts, entering: Entering): Promise<Entered> {
  const { database, clock } = parts;
  const { caseId, accessCode } = entering;
  const at = clock.now();
  const stored = await accessCodeOf(database, caseId);
  const door = await doorOf(parts, entering);
  const wrong = stored === null ? 0 : await countAttempt(database, door, at);
  if (!(await isAccessCode(accessCode, stored))) {
    if (stored !== null) await raiseAlarm(parts, { caseId, wrong });
    throw new PkiError('accessCodeWrong');
  }
  return inOneStep(database, async trx => {
    await forgiveAttempts(trx, door);
    const event = { at, service: 'ra-portal', action: 'application.entered', actor: 'applicant' };
    await noteEvent(trx, { ...event, subject: caseId, details: {} });
    const session = await beginSession(trx, { kind: 'applicant', subject: caseId, means: 'accessCode', at });
    return { session, device: await rememberDevice(trx, caseId, at) };
  });
}
