import { PkiError } from '../../ca-core/errors.ts';
import { tidingsLetter } from '../mail/letters.ts';
import type { PortalParts } from '../parts.ts';
import { postLetter } from '../store/letters.ts';
import type { AtWork } from './at-work.ts';
import { changeCase } from './change-case.ts';

/** Why an officer returns or rejects an application; each has a sentence in the catalogue. */
export const decisionReasons = ['name', 'organisation', 'evidence', 'mailbox', 'key', 'ineligible', 'other'] as const;
export type DecisionReason = (typeof decisionReasons)[number];

export interface Decision {
  readonly outcome: 'returned' | 'rejected';
  readonly reason: unknown;
  readonly note: unknown;
}

/** Sends an application back, or ends it, and writes to the applicant. Throws fieldInvalid and what changeCase throws. */
export async function decide(parts: PortalParts, atWork: AtWork, { outcome, reason, note }: Decision): Promise<void> {
  const known = decisionReasons.find(name => name === reason);
  if (known === undefined) throw new PkiError('fieldInvalid', { field: 'reason' });
  const words = typeof note === 'string' ? note.trim().slice(0, 1000) : '';
  await changeCase(parts, atWork, {
    action: `application.${outcome}`,
    details: { reason: known },
    change: async (trx, application, at) => {
      await postLetter(trx, { ...tidingsLetter(application, outcome, parts.settings.url), at });
      return { state: outcome, decision: { reason: known, note: words } };
    },
  });
  parts.sendLetters();
}
