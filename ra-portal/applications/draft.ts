import { randomBytes } from 'node:crypto';
import type { PortalParts } from '../parts.ts';
import { beginDraft, dropDraft, dropDraftsBefore, findDraft, keepDraft } from '../store/drafts.ts';
import { inOneStep } from '../store/database.ts';
import { dropUploadsOf } from '../store/uploads.ts';
import { formTextOf, type FormText } from './form-text.ts';

export interface OpenDraft {
  /** Owner of its uploads. */
  readonly id: string;
  readonly text: FormText;
  /** Unix seconds after which it is gone. */
  readonly until: number;
}

/** Begins a draft and returns the token that opens it, for the cookie. */
export function begin({ database, clock, policies }: PortalParts): Promise<string> {
  const profile = [...policies.profiles.values()].find(({ kind }) => kind === 'subscriber');
  const text = formTextOf({
    profile: profile?.name ?? '',
    delivery: 'pkcs12',
    keyAlgorithm: profile?.keys[0] ?? '',
    submissionId: randomBytes(16).toString('hex'),
  });
  return beginDraft(database, { form: JSON.stringify(text), at: clock.now() });
}

/** Null when there is none, or its time is over. */
export async function openDraft({ database, clock, policies }: PortalParts, token: string): Promise<OpenDraft | null> {
  const lifetime = policies.schedule.portal.draftLifetime;
  const draft = token === '' ? null : await findDraft(database, token, clock.now() - lifetime);
  if (draft === null) return null;
  return { id: draft.id, text: formTextOf(JSON.parse(draft.form)), until: draft.changedAt + lifetime };
}

export function keep({ database, clock }: PortalParts, id: string, text: FormText): Promise<void> {
  return keepDraft(database, id, { form: JSON.stringify(text), at: clock.now() });
}

export function discard({ database }: PortalParts, id: string): Promise<void> {
  return inOneStep(database, async trx => {
    await dropUploadsOf(trx, id);
    await dropDraft(trx, id);
  });
}

/** Drafts that nobody submits are erased with what was uploaded. How many. */
export function eraseOldDrafts({ database, clock, policies }: PortalParts): Promise<number> {
  return inOneStep(database, trx => dropDraftsBefore(trx, clock.now() - policies.schedule.portal.draftLifetime));
}
