import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent } from '../../ca-core/index.ts';
import { tidingsLetter } from '../mail/letters.ts';
import type { PortalParts } from '../parts.ts';
import { findApplication } from '../store/applications.ts';
import { inOneStep } from '../store/database.ts';
import { postLetter } from '../store/letters.ts';
import { addNote, keepRemarks, type Remark } from '../store/reviews.ts';
import type { AtWork } from './at-work.ts';
import { changeCase } from './change-case.ts';

/** Why an officer returns or rejects an application; each has a sentence in the catalogue. */
export const decisionReasons = ['name', 'organisation', 'evidence', 'mailbox', 'key', 'ineligible', 'other'] as const;
export type DecisionReason = (typeof decisionReasons)[number];

/** The fields that a remark can be pinned to, and what can be wrong with one. */
export const remarkFields = [
  'kanjiName',
  'kanaName',
  'romanName',
  'corporateNumber',
  'organisationName',
  'mailbox',
  'documents',
] as const;
export const remarkReasons = [
  'notAsInDocument',
  'notAsInRegister',
  'unreadable',
  'expired',
  'missing',
  'form',
] as const;
export type RemarkReason = (typeof remarkReasons)[number];

export interface Decision {
  readonly outcome: 'returned' | 'rejected';
  /** The form: `reason`, `note`, and `remark.<field>` for each remark. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends an application back, or ends it, and writes to the applicant. Throws fieldInvalid and what changeCase throws. */
export async function decide(parts: PortalParts, atWork: AtWork, { outcome, body }: Decision): Promise<void> {
  const known = decisionReasons.find(name => name === body['reason']);
  if (known === undefined) throw new PkiError('fieldInvalid', { field: 'reason' });
  const remarks = remarksIn(body);
  await changeCase(parts, atWork, {
    action: `application.${outcome}`,
    details: { reason: known, ...Object.fromEntries(remarks.map(({ field, reason }) => [field, reason])) },
    change: async (trx, application, at) => {
      await keepRemarks(trx, application.caseId, remarks);
      await postLetter(trx, { ...tidingsLetter(application, outcome, parts.settings.url), at });
      return { state: outcome, decision: { reason: known, note: textOf(body['note'], 1000) } };
    },
  });
  parts.sendLetters();
}

/** Keeps a note for other officers; the audit log says only that there is one. Throws applicationUnknown, fieldMissing. */
export async function writeNote(parts: PortalParts, { caseId, officer }: AtWork, typed: unknown): Promise<void> {
  const note = textOf(typed, 2000);
  if (note === '') throw new PkiError('fieldMissing', { field: 'internalNote' });
  const at = parts.clock.now();
  await inOneStep(parts.database, async trx => {
    if ((await findApplication(trx, caseId)) === null) throw new PkiError('applicationUnknown');
    await addNote(trx, caseId, { note, writtenBy: officer.id, at });
    const what = { action: 'note.written', actor: officer.id, subject: caseId };
    await noteEvent(trx, { at, service: 'ra-portal', ...what, details: {} });
  });
}

function remarksIn(body: Readonly<Record<string, unknown>>): readonly Remark[] {
  return remarkFields.flatMap(field => {
    const given = body[`remark.${field}`];
    if (given === undefined || given === '') return [];
    const reason = remarkReasons.find(name => name === given);
    if (reason === undefined) throw new PkiError('fieldInvalid', { field });
    return [{ field, reason }];
  });
}

const textOf = (typed: unknown, most: number): string => (typeof typed === 'string' ? typed.trim().slice(0, most) : '');
