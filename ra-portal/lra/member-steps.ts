/** The guided application for a member: the applicant's steps, the organisation fixed, and how identity was seen. */
import { atParts, type FieldMistake, type FormText } from '../applications/form-text.ts';
import { isMistakes, readForm } from '../applications/read-form.ts';
import { formSteps, mergeStep, stepOf } from '../applications/steps.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { keyToCome } from './apply-for-member.ts';
import type { MemberDraft } from './drafts.ts';
import { readIdentitySeen, seenTextOf } from './identity-seen.ts';
import { memberPreview, mistakesOf, withOrganisation } from './member-form.ts';

export const memberFormSteps = [...formSteps, 'identity'] as const;
export type MemberFormStep = (typeof memberFormSteps)[number];
export const memberSteps = [...memberFormSteps, 'documents', 'check'] as const;
export type MemberStep = (typeof memberSteps)[number];

export const memberStepAfter = (step: MemberFormStep): MemberStep =>
  memberSteps[memberSteps.indexOf(step) + 1] ?? 'check';

type Writing = Pick<MemberDraft, 'text' | 'seen'>;

/** What one step's form says, taken into what is already there. `given` and `body` are the same form. */
export function mergeMemberStep(
  parts: PortalParts,
  before: Writing,
  { step, given, body }: { readonly step: MemberFormStep; readonly given: FormText; readonly body: unknown },
): Writing {
  if (step === 'identity') return { ...before, seen: seenTextOf(body) };
  return { ...before, text: mergeStep(parts, before.text, { step, given }) };
}

/** All that keeps a draft from being sent, in the order of the steps. Throws notPermitted, registerUnavailable. */
export async function memberMistakes(
  parts: PortalParts,
  lra: Person,
  { text: typed, seen }: Writing,
): Promise<readonly FieldMistake[]> {
  const text = await withOrganisation(parts, lra, typed);
  const form = readForm(text, parts.policies);
  const named = isMistakes(form) ? [] : (await memberPreview(parts, form)).mistakes;
  const found = [...mistakesOf(form, keyToCome(parts, text), readIdentitySeen(parts, seen)), ...named];
  const inOrder = [...onePerField(atParts(found))];
  return inOrder.sort((one, other) => orderOf(one) - orderOf(other));
}

export function memberStepOf(field: string): MemberFormStep {
  return field === 'identityMethod' || field === 'identitySeenOn' ? 'identity' : stepOf(field);
}

const orderOf = ({ field }: FieldMistake): number => memberFormSteps.indexOf(memberStepOf(field));

const onePerField = (mistakes: readonly FieldMistake[]): readonly FieldMistake[] =>
  Array.from(new Map(mistakes.toReversed().map(mistake => [mistake.field, mistake])).values()).toReversed();
