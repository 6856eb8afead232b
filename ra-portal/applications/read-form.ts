/** What a person typed into the application form, read field by field: all mistakes at once, or values to go on with. */
import { PkiError, type PkiErrorCode, type Violation } from '../../ca-core/errors.ts';
import {
  checkCorporateNumber,
  keyAlgorithms,
  checkCertificationRequest,
  readCertificationRequest,
  type CertificateProfile,
  type Claim,
  type Policies,
  type RequestGround,
  type SubjectKey,
} from '../../ca-core/index.ts';

/** The names of the form's fields. */
export const formFields = [
  'profile',
  'kanjiName',
  'kanaName',
  'romanName',
  'corporateNumber',
  'organisationName',
  'mailbox',
  'delivery',
  'keyAlgorithm',
  'sealTo',
  'certificationRequest',
  'submissionId',
] as const;
export type FormField = (typeof formFields)[number];
export type FormText = Readonly<Record<FormField, string>>;

/** A field that a person has to mend, and the refusal that says why; `found` is never a number that might be personal. */
export interface FieldMistake extends Violation {
  readonly rule: PkiErrorCode;
  readonly limit?: number;
}

export interface ApplicationForm {
  readonly profile: CertificateProfile;
  readonly claim: Claim;
}

const mostCharacters = 64;
const mostCsrCharacters = 20_000;

/** Every field as text, trimmed; what is missing is empty. The case of line ends does not matter. */
export function formTextOf(body: unknown): FormText {
  const given = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const text = (field: FormField): string => {
    const value = given[field];
    return typeof value === 'string' ? value.trim() : '';
  };
  return Object.fromEntries(formFields.map(field => [field, text(field)])) as Record<FormField, string>;
}

/** Who applies, for what. The names keep the characters that were typed. */
export function readForm(text: FormText, { profiles }: Policies): ApplicationForm | readonly FieldMistake[] {
  const mistakes: FieldMistake[] = [];
  const note = (field: FormField, check: () => string): string => {
    try {
      return check();
    } catch (error) {
      mistakes.push(mistakeOf(error, field));
      return '';
    }
  };
  const profile = profileCalled(text.profile, profiles);
  if (profile === null) mistakes.push({ rule: 'profileUnknown', field: 'profile' });
  const claim: Claim = {
    kanjiName: note('kanjiName', () => plainText(text.kanjiName)),
    kanaName: note('kanaName', () => kanaText(text.kanaName)),
    romanName: note('romanName', () => plainText(text.romanName).replace(/ +/g, ' ')),
    corporateNumber: note('corporateNumber', () => checkCorporateNumber(present(text.corporateNumber))),
    organisationName: note('organisationName', () => plainText(text.organisationName, 255)),
    mailbox: note('mailbox', () => mailboxText(text.mailbox)),
  };
  return profile === null || mistakes.length > 0 ? mistakes : { profile, claim };
}

/** Where the key comes from. `sealTo` is only there once the browser has drawn the pick-up secret. */
export function readSubjectKey(
  text: FormText,
  { profile, policies }: { readonly profile: CertificateProfile; readonly policies: Policies },
  sealTo: 'withSealTo' | 'beforeSealTo',
): SubjectKey | readonly FieldMistake[] {
  if (text.delivery === 'csr' && profile.deliveries.includes('csr')) {
    return readCsr(text.certificationRequest, { profile, policies, mailbox: text.mailbox });
  }
  if (text.delivery !== 'pkcs12' || !profile.deliveries.includes('server')) {
    return [{ rule: text.delivery === '' ? 'fieldMissing' : 'fieldInvalid', field: 'delivery' }];
  }
  const algorithm = keyAlgorithms.find(name => name === text.keyAlgorithm && profile.keys.includes(name));
  if (algorithm === undefined) return [{ rule: 'keyUnacceptable', field: 'keyAlgorithm' }];
  if (sealTo === 'beforeSealTo') return { from: 'server', algorithm, sealTo: '00'.repeat(32) };
  if (!/^[0-9a-f]{64}$/.test(text.sealTo)) {
    return [{ rule: text.sealTo === '' ? 'fieldMissing' : 'fieldInvalid', field: 'sealTo' }];
  }
  return { from: 'server', algorithm, sealTo: text.sealTo };
}

function readCsr(pem: string, ground: RequestGround): SubjectKey | readonly FieldMistake[] {
  const field = 'certificationRequest';
  if (pem === '') return [{ rule: 'fieldMissing', field }];
  if (pem.length > mostCsrCharacters) return [{ rule: 'csrMalformed', field }];
  try {
    const request = readCertificationRequest(pem);
    checkCertificationRequest(request, ground);
    return {
      from: 'csr',
      subjectPublicKeyInfo: Buffer.from(request.subjectPublicKeyInfo).toString('hex'),
      certificationRequest: Buffer.from(request.der).toString('hex'),
    };
  } catch (error) {
    return [mistakeOf(error, field)];
  }
}

export const isMistakes = (read: object): read is readonly FieldMistake[] => Array.isArray(read);

function mistakeOf(error: unknown, field: FormField): FieldMistake {
  if (!(error instanceof PkiError)) throw error;
  const { limit } = error.values;
  return { rule: error.code, field, ...(typeof limit === 'number' ? { limit } : {}) };
}

function profileCalled(name: string, profiles: Policies['profiles']): CertificateProfile | null {
  const profile = profiles.get(name);
  return profile?.kind === 'subscriber' ? profile : null;
}

function present(text: string): string {
  if (text === '') throw new PkiError('fieldMissing');
  return text;
}

/** No control or format characters: what an officer sees is all there is. */
function plainText(text: string, limit = mostCharacters): string {
  if (Array.from(present(text)).length > limit) throw new PkiError('nameTooLong', { limit });
  if (/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}]/u.test(text)) throw new PkiError('fieldInvalid');
  return text;
}

function kanaText(text: string): string {
  if (!/^[\p{Script=Katakana}ー・\u3000 ]+$/u.test(plainText(text))) throw new PkiError('fieldInvalid');
  return text;
}

/** One mailbox of plain ASCII (RFC 5321 §4.1.2 without quoted strings), its domain in lower case. */
function mailboxText(text: string): string {
  const [, local, domain] = /^([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64})@([A-Za-z0-9.-]+)$/.exec(present(text)) ?? [];
  const labels = domain?.split('.') ?? [];
  const isDomain = labels.length >= 2 && labels.every(label => /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)$/.test(label));
  const isLocal = local !== undefined && !/^\.|\.\.|\.$/.test(local);
  if (!isDomain || !isLocal || text.length > 254) throw new PkiError('mailboxInvalid');
  return `${local}@${labels.join('.').toLowerCase()}`;
}
