/** What a person typed into the application form, read field by field: all mistakes at once, or values to go on with. */
import { PkiError } from '../../ca-core/errors.ts';
import { checkCorporateNumber, type CertificateProfile, type Claim, type Policies } from '../../ca-core/index.ts';
import {
  kanaName,
  licenceText,
  mailboxText,
  organisationName,
  present,
  romanText,
  writtenName,
} from './field-texts.ts';
import { suggestRoman } from './romaji.ts';
import { nameParts, type FieldMistake, type FormField, type FormText, type NameField } from './form-text.ts';

export interface ApplicationForm {
  readonly profile: CertificateProfile;
  readonly claim: Claim;
  /** By the claim's fields: as it was typed, where that differs; and `suggestedRoman`, where the spelling is another. */
  readonly typed: Readonly<Record<string, string>>;
}

/** Who applies, for what. */
export function readForm(text: FormText, { profiles }: Policies): ApplicationForm | readonly FieldMistake[] {
  const mistakes: FieldMistake[] = [];
  const typed: Record<string, string> = {};
  const read = (field: FormField, as: (typed: string) => string, raw = text[field]): string => {
    const kept = noting(mistakes, field, () => as(raw));
    if (kept !== '' && kept !== raw) typed[field] = raw;
    return kept;
  };
  const name = (field: NameField, as: (typed: string) => string): string => {
    const [family, given] = nameParts[field];
    if (text[family] === '' && text[given] === '') return read(field, as);
    const parts = [family, given].map(part => noting(mistakes, part, () => as(text[part])));
    if (parts.includes('')) return '';
    const kept = read(field, as, parts.join(' '));
    const raw = `${text[family]} ${text[given]}`;
    if (kept !== '' && kept !== raw) typed[field] = raw;
    return kept;
  };
  const profile = profileCalled(text.profile, profiles);
  if (profile === null) mistakes.push({ rule: 'profileUnknown', field: 'profile' });
  const licence = licenceOf(text);
  const claim: Claim = {
    kanjiName: name('kanjiName', writtenName),
    kanaName: name('kanaName', kanaName),
    romanName: name('romanName', romanText),
    corporateNumber: read('corporateNumber', number => checkCorporateNumber(present(number))),
    organisationName: read('organisationName', organisationName),
    mailbox: read('mailbox', mailboxText),
    ...(text.roleName === '' ? {} : { roleName: read('roleName', romanText) }),
    ...(licence === '' ? {} : { licence: read('licence', licenceText, licence) }),
  };
  if (profile === null || mistakes.length > 0) return mistakes;
  return { profile, claim, typed: { ...typed, ...otherSpelling(claim) } };
}

/** What a passport would have spelt, where the applicant spells the name in another way: officers look twice. */
function otherSpelling({ kanaName: kana, romanName }: Claim): { readonly suggestedRoman?: string } {
  const suggestedRoman = suggestRoman(kana);
  const isOther = suggestedRoman !== null && suggestedRoman.toLowerCase() !== romanName.toLowerCase();
  return isOther ? { suggestedRoman } : {};
}

export const isMistakes = (read: object): read is readonly FieldMistake[] => Array.isArray(read);

/** A kind without a number, or a number without a kind, is still a licence that is claimed. */
function licenceOf({ licence, licenceKind, licenceNumber }: FormText): string {
  return licence === '' ? licenceKind + licenceNumber : licence;
}

function noting(mistakes: FieldMistake[], field: FormField, read: () => string): string {
  try {
    return read();
  } catch (error) {
    mistakes.push(mistakeOf(error, field));
    return '';
  }
}

export function mistakeOf(error: unknown, field: FormField): FieldMistake {
  if (!(error instanceof PkiError)) throw error;
  const { limit } = error.values;
  return { rule: error.code, field, ...(typeof limit === 'number' ? { limit } : {}) };
}

function profileCalled(name: string, profiles: Policies['profiles']): CertificateProfile | null {
  const profile = profiles.get(name);
  return profile?.kind === 'subscriber' ? profile : null;
}
