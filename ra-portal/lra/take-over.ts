/** The member's part of an application that the organisation's desk wrote: the mailbox proved, the secret drawn. */
import { noteEvent } from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { drawAccessCode, hashAccessCode, isAccessCode, isMailboxCode } from '../applications/codes.ts';
import type { FieldMistake } from '../applications/form-text.ts';
import { countAttempt, forgiveAttempts } from '../applications/guesses.ts';
import { withdrawableStates } from '../applications/withdraw.ts';
import type { PortalParts } from '../parts.ts';
import {
  findApplication,
  keepAccessCode,
  keepApplication,
  mailboxCodeOf,
  noteMailboxProved,
} from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { rememberDevice } from '../store/known-devices.ts';
import { handOverCodeOf, noteTakenOver } from '../store/member-applications.ts';
import { beginSession } from '../store/sessions.ts';

export interface TakingOver {
  readonly caseId: string;
  /** The mailed code. */
  readonly code: string;
  /** Eight digits that the LRA gave the member. */
  readonly handOverCode: string;
  /** X25519 public key of the secret that the member's browser drew, hex; empty where the key is made on a token. */
  readonly sealTo: string;
}

/** What the member is told once and never again. */
export interface TakenOver {
  readonly caseId: string;
  readonly accessCode: string;
  /** Tokens of the session that opens the status page, and of the device. */
  readonly session: string;
  readonly device: string;
}

/**
 * Both codes and the member's own public key make the application the member's. Only who has the mailed code can try the
 * other, so that nobody else can make its owner wait. Throws mailboxCodeWrong (wrong, late, taken over before, no such
 * application), accessCodeWrong, tooManyAttempts, applicationState.
 */
export async function takeOver(
  parts: PortalParts,
  { caseId, code, handOverCode, sealTo }: TakingOver,
): Promise<TakenOver | readonly FieldMistake[]> {
  const { database, clock } = parts;
  const at = clock.now();
  const stored = await handOverCodeOf(database, caseId);
  const mailed = await mailboxCodeOf(database, caseId);
  if (stored === null || mailed === null || mailed.expiresAt < at || !isMailboxCode(code, mailed.hash)) {
    throw new PkiError('mailboxCodeWrong');
  }
  const isOnToken = (await findApplication(database, caseId))?.subjectKey.from === 'station';
  if (!isOnToken && !/^[0-9a-f]{64}$/.test(sealTo))
    return [{ rule: sealTo === '' ? 'fieldMissing' : 'fieldInvalid', field: 'sealTo' }];
  const about = `takeOver:${caseId}`;
  await countAttempt(database, about, at);
  if (!(await isAccessCode(handOverCode, stored))) throw new PkiError('accessCodeWrong');
  const accessCode = drawAccessCode();
  const hash = await hashAccessCode(accessCode);
  return inOneStep(database, async trx => {
    const application = await findApplication(trx, caseId);
    const isOpen = (await handOverCodeOf(trx, caseId)) === stored;
    if (application === null || !isOpen) throw new PkiError('mailboxCodeWrong');
    const { subjectKey, state } = application;
    if (!withdrawableStates.includes(state)) throw new PkiError('applicationState', { state });
    if (subjectKey.from === 'csr') throw new PkiError('keyUnacceptable');
    const key = subjectKey.from === 'server' ? { ...subjectKey, sealTo } : subjectKey;
    await forgiveAttempts(trx, about);
    await keepApplication(trx, { ...application, subjectKey: key, documentDigest: null });
    await keepAccessCode(trx, caseId, hash);
    await noteMailboxProved(trx, caseId, at);
    await noteTakenOver(trx, caseId, at);
    const event = { at, service: 'ra-portal', action: 'application.takenOver', actor: 'applicant', subject: caseId };
    await noteEvent(trx, { ...event, details: {} });
    const session = await beginSession(trx, { kind: 'applicant', subject: caseId, means: 'accessCode', at });
    return { caseId, accessCode, session, device: await rememberDevice(trx, caseId, at) };
  });
}
