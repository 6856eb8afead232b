/** The columns that a table may have: one list for templates, for reading and for what people are told. */
import type { CertificateProfile, Policies } from '../../ca-core/index.ts';

export const bulkFields = [
  'reference',
  'kanjiName',
  'kanaName',
  'romanName',
  'mailbox',
  'corporateNumber',
  'organisationName',
  'identityDocument',
  'identityMethod',
  'identitySeenOn',
] as const;
export type BulkField = (typeof bulkFields)[number];

export interface BulkColumn {
  readonly field: BulkField;
  /** The column's heading, by language. */
  readonly title: { readonly ja: string; readonly en: string };
  /** An entry of somebody invented, for templates. */
  readonly example: string;
  /** Whether a table must have it, and every row an entry. */
  readonly required: boolean;
}

const titles: Readonly<Record<BulkField, BulkColumn['title']>> = {
  reference: { ja: '管理番号', en: 'Reference' },
  kanjiName: { ja: '氏名', en: 'Name' },
  kanaName: { ja: 'フリガナ', en: 'Kana' },
  romanName: { ja: 'ローマ字氏名', en: 'Roman Name' },
  mailbox: { ja: 'メールアドレス', en: 'Mail' },
  corporateNumber: { ja: '法人番号', en: 'Corporate Number' },
  organisationName: { ja: '組織名', en: 'Organisation' },
  identityDocument: { ja: '本人確認書類', en: 'Identity Document' },
  identityMethod: { ja: '本人確認方法', en: 'Identity Method' },
  identitySeenOn: { ja: '本人確認日', en: 'Identity Date' },
};

const examples: Readonly<Record<BulkField, string>> = {
  reference: 'A-0001',
  kanjiName: '架空 太郎',
  kanaName: 'カクウ タロウ',
  romanName: 'Kakuu Taro',
  mailbox: 'taro@kakuu-kakuin.example',
  corporateNumber: '',
  organisationName: '',
  identityDocument: '運転免許証',
  identityMethod: '対面',
  identitySeenOn: '2026-11-02',
};

/** Left empty: the reference is nobody's business, and the organisation is the desk's own. */
const optional: readonly BulkField[] = ['reference', 'corporateNumber', 'organisationName'];

/** Of these kinds an attested list may order certificates (`bulk` in the profile). */
export function bulkProfiles({ profiles }: Pick<Policies, 'profiles'>): readonly CertificateProfile[] {
  return [...profiles.values()].filter(({ kind, bulk }) => kind === 'subscriber' && bulk !== undefined);
}

/** The columns of a profile, in the order of its template. */
export function columnsOf(profile: CertificateProfile): readonly BulkColumn[] {
  return bulkFields
    .filter(field => hasPlace(profile, field))
    .map(field => ({
      field,
      title: titles[field],
      example: examples[field],
      required: !optional.includes(field),
    }));
}

export const titleOf = (field: BulkField): BulkColumn['title'] => titles[field];

/** What the profile does not check has no column. A role or a licence is never an LRA's word: such a profile is no `bulk`. */
function hasPlace({ checks }: CertificateProfile, field: BulkField): boolean {
  return !field.startsWith('identity') || checks?.identity !== null;
}
