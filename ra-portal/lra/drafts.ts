/** Applications that an LRA is still writing. They are the LRA's own; nobody else opens them. */
import { randomBytes } from 'node:crypto';
import type { CertificateApplication } from '../applications/application.ts';
import { formTextOf, type FormText } from '../applications/form-text.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { preFilled } from '../renewals/pre-filled.ts';
import type { Database } from '../store/database.ts';
import { beginDraftOf, draftsOf, keepDraft, type Draft } from '../store/drafts.ts';
import { seenTextOf, type SeenText } from './identity-seen.ts';
import { memberProfiles } from './member-form.ts';

export interface MemberDraft {
  /** Owner of its uploads. */
  readonly id: string;
  readonly text: FormText;
  readonly seen: SeenText;
  /** Unix seconds after which it is gone. */
  readonly until: number;
}

/** Returns its id. */
export function beginMemberDraft(parts: PortalParts, lra: Person): Promise<string> {
  const [profile] = memberProfiles(parts);
  const text = formTextOf({
    profile: profile?.name ?? '',
    keyAlgorithm: profile?.keys[0] ?? '',
    submissionId: randomBytes(16).toString('hex'),
  });
  return beginDraftOf(parts.database, lra.id, { form: JSON.stringify(text), at: parts.clock.now() });
}

export interface DraftLike {
  readonly lra: Person;
  /** Of the LRA's organisation, with a certificate. */
  readonly former: CertificateApplication;
}

/** Begins inside a step with what stood in an application before; how the person was seen is noted anew. Returns its id. */
export function beginMemberDraftLike(trx: Database, parts: PortalParts, { lra, former }: DraftLike): Promise<string> {
  const origin = { renews: former.caseId, mailboxProvedAt: null };
  const form = JSON.stringify({ ...preFilled(parts, former), delivery: '' });
  return beginDraftOf(trx, lra.id, { form, at: parts.clock.now(), origin });
}

export async function memberDrafts(
  { database, clock, policies }: PortalParts,
  lra: Person,
): Promise<readonly MemberDraft[]> {
  const lifetime = policies.schedule.portal.draftLifetime;
  const drafts = await draftsOf(database, lra.id, clock.now() - lifetime);
  return drafts.map(draft => memberDraftOf(draft, lifetime));
}

/** Null when this LRA has none by that id, or its time is over. */
export async function openMemberDraft(parts: PortalParts, lra: Person, id: string): Promise<MemberDraft | null> {
  return (await memberDrafts(parts, lra)).find(draft => draft.id === id) ?? null;
}

export function keepMemberDraft(
  { database, clock }: PortalParts,
  id: string,
  { text, seen }: Pick<MemberDraft, 'text' | 'seen'>,
): Promise<void> {
  return keepDraft(database, id, { form: JSON.stringify({ ...text, ...seen }), at: clock.now() });
}

function memberDraftOf({ id, form, changedAt }: Draft, lifetime: number): MemberDraft {
  const kept: unknown = JSON.parse(form);
  return { id, text: formTextOf(kept), seen: seenTextOf(kept), until: changedAt + lifetime };
}
