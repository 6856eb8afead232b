/** The application for a member of staff: the applicant's own form, with what an organisation's desk may not choose fixed. */
import { PkiError } from '../../ca-core/errors.ts';
import type { CertificateProfile } from '../../ca-core/index.ts';
import type { FieldMistake, FormText } from '../applications/form-text.ts';
import { previewOf, type Preview } from '../applications/preview.ts';
import { isMistakes, type ApplicationForm } from '../applications/read-form.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { lookUp } from '../registers/look-up.ts';

/** The kinds of certificate whose key the member's browser or a token can receive: an LRA makes no key for anybody. */
export function memberProfiles({ policies }: Pick<PortalParts, 'policies'>): readonly CertificateProfile[] {
  return [...policies.profiles.values()].filter(
    ({ kind, deliveries }) => kind === 'subscriber' && deliveries.includes('server'),
  );
}

/** The organisation is the LRA's own, by the name that the registers have. Throws notPermitted, registerUnavailable. */
export async function withOrganisation(parts: PortalParts, lra: Person, text: FormText): Promise<FormText> {
  const { corporateNumber, name } = await organisationOf(parts, lra);
  const organisationName = name ?? text.organisationName;
  const delivery = text.delivery === 'token' ? 'token' : 'pkcs12';
  return { ...text, corporateNumber, organisationName, delivery, certificationRequest: '', sealTo: '' };
}

/** Name null: no register knows the number. Throws notPermitted, registerUnavailable. */
export async function organisationOf(
  { registers, clock }: Pick<PortalParts, 'registers' | 'clock'>,
  { organisation }: Person,
): Promise<{ readonly corporateNumber: string; readonly name: string | null }> {
  if (organisation === null) throw new PkiError('notPermitted');
  const { nta, robins } = await lookUp(registers, organisation, clock.now());
  return { corporateNumber: organisation, name: nta?.name ?? robins?.nameJa ?? null };
}

/** As for applicants, and the mailbox lies in a domain of the organisation where the register proves which those are. */
export async function memberPreview(parts: PortalParts, form: ApplicationForm): Promise<Preview> {
  const preview = await previewOf(parts, form);
  const isForeign = preview.verdicts.some(({ field, verdict }) => field === 'mailDomain' && verdict === 'mismatch');
  if (!isForeign) return preview;
  return { ...preview, mistakes: [...preview.mistakes, { rule: 'registerMismatch', field: 'mailbox' }] };
}

/** The mistakes of either reading, or nothing. */
export const mistakesOf = (...read: readonly object[]): readonly FieldMistake[] =>
  read.flatMap(one => (isMistakes(one) ? one : []));
