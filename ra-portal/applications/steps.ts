/** The guided application: which fields are asked for when, and what is wrong with them so far. */
import type { CertificateProfile } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { atParts, type FieldMistake, type FormField, type FormText } from './form-text.ts';
import { previewOf } from './preview.ts';
import { isMistakes, readForm } from './read-form.ts';
import { readUnblockedKey } from './own-key.ts';
import { suggestRoman } from './romaji.ts';
import { katakana } from './as-typed.ts';

/** The steps with fields of their own; after them come the documents and the last check. */
export const formSteps = ['kind', 'person', 'roman', 'organisation', 'contact'] as const;
export type FormStep = (typeof formSteps)[number];
export const steps = [...formSteps, 'documents', 'check'] as const;
export type Step = (typeof steps)[number];

export const fieldsOfStep: Readonly<Record<FormStep, readonly FormField[]>> = {
  kind: ['profile'],
  person: ['kanjiFamily', 'kanjiGiven', 'kanaFamily', 'kanaGiven'],
  roman: ['romanFamily', 'romanGiven'],
  organisation: ['corporateNumber', 'organisationName', 'roleName', 'licenceKind', 'licenceNumber'],
  contact: ['mailbox', 'delivery', 'keyAlgorithm', 'certificationRequest'],
};

export const stepAfter = (step: FormStep): Step => steps[steps.indexOf(step) + 1] ?? 'check';

/** The fields of one step, taken into what is already there. What the kind of certificate has no place for is dropped. */
export function mergeStep(
  parts: PortalParts,
  before: FormText,
  { step, given }: { step: FormStep; given: FormText },
): FormText {
  const own = Object.fromEntries(fieldsOfStep[step].map(field => [field, given[field]]));
  return fitting(parts, { ...before, ...own });
}

/** Without the fields that the chosen kind of certificate has no place for: no page asks for them. */
export function fitting({ policies }: Pick<PortalParts, 'policies'>, text: FormText): FormText {
  const asks = asksFor(policies.profiles.get(text.profile));
  return {
    ...text,
    ...(asks.roleName ? {} : { roleName: '' }),
    ...(asks.licence ? {} : { licenceKind: '', licenceNumber: '' }),
  };
}

/** Whether a profile's name has a place for a department's name, and for a licence. */
export function asksFor(profile: CertificateProfile | undefined): {
  readonly roleName: boolean;
  readonly licence: boolean;
} {
  const isTaken = (source: string): boolean =>
    profile?.subject.some(part => 'from' in part && part.from === source) ?? false;
  return { roleName: isTaken('roleName'), licence: isTaken('licence') };
}

/** Roman names that are still empty, as a passport would spell the kana. */
export function withSuggestedRoman(text: FormText): FormText {
  if (text.romanFamily !== '' || text.romanGiven !== '') return text;
  const suggest = (kana: string): string => suggestRoman(katakana(kana)) ?? '';
  return { ...text, romanFamily: suggest(text.kanaFamily), romanGiven: suggest(text.kanaGiven) };
}

/** All that keeps a draft from being submitted, in the order of the steps. Asks the registers once the fields are right. */
export async function mistakesIn(parts: PortalParts, text: FormText): Promise<readonly FieldMistake[]> {
  const form = readForm(text, parts.policies);
  const profile = parts.policies.profiles.get(text.profile);
  const key = profile?.kind === 'subscriber' ? await readUnblockedKey(parts, { text, profile }, 'beforeSealTo') : [];
  const inFields = [...(isMistakes(form) ? form : []), ...(isMistakes(key) ? key : [])];
  const inNames = isMistakes(form) ? [] : (await previewOf(parts, form)).mistakes;
  return [...atParts([...inFields, ...inNames])].sort((one, other) => orderOf(one) - orderOf(other));
}

/** The same for one step; fields of later steps need not be there yet. */
export async function mistakesOfStep(
  parts: PortalParts,
  text: FormText,
  step: FormStep,
): Promise<readonly FieldMistake[]> {
  const soFar = step === 'organisation' && text.mailbox === '' ? { ...text, mailbox: laterMailbox } : text;
  const mistakes = await mistakesIn(parts, soFar);
  return mistakes.filter(({ field }) => stepOf(field) === step);
}

/** Stands in for the mailbox while the registers are asked about the organisation, one step earlier. */
const laterMailbox = 'not-yet@mailbox.invalid';

/** The step that asks for a field; what no step asks for is mended where the registers are compared. */
export function stepOf(field: string): FormStep {
  return formSteps.find(step => (fieldsOfStep[step] as readonly string[]).includes(field)) ?? 'organisation';
}

const orderOf = ({ field }: FieldMistake): number => formSteps.indexOf(stepOf(field));
