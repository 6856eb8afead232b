import type { PkiErrorCode, Violation } from '../../ca-core/errors.ts';

/** Names come as 姓 and 名 from pages and whole from programs. */
export const nameParts = {
  kanjiName: ['kanjiFamily', 'kanjiGiven'],
  kanaName: ['kanaFamily', 'kanaGiven'],
  romanName: ['romanFamily', 'romanGiven'],
} as const;
export type NameField = keyof typeof nameParts;

/** The names of the form's fields. */
export const formFields = [
  'profile',
  'kanjiFamily',
  'kanjiGiven',
  'kanaFamily',
  'kanaGiven',
  'romanFamily',
  'romanGiven',
  'kanjiName',
  'kanaName',
  'romanName',
  'roleName',
  'licenceKind',
  'licenceNumber',
  'licence',
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

/** Every field as text, trimmed; what is missing is empty. */
export function formTextOf(body: unknown): FormText {
  const given = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const text = (field: FormField): string => {
    const value = given[field];
    return typeof value === 'string' ? value.trim() : '';
  };
  return Object.fromEntries(formFields.map(field => [field, text(field)])) as Record<FormField, string>;
}

/** A whole name in its two parts, for a page: what stands before the first space is the family name. */
export function withNameParts(text: FormText): FormText {
  const parts = Object.entries(nameParts).flatMap(([whole, [family, given]]) => {
    const [, first = '', rest = ''] = /^(\S*)\s*(.*)$/su.exec(text[whole as NameField]) ?? [];
    return text[whole as NameField] === ''
      ? []
      : [
          [family, first],
          [given, rest],
        ];
  });
  return { ...text, ...Object.fromEntries(parts) } as FormText;
}

/** A mistake in a whole name, at the parts that a page shows. */
export function atParts(mistakes: readonly FieldMistake[]): readonly FieldMistake[] {
  return mistakes.flatMap(mistake => {
    const parts = nameParts[mistake.field as NameField] as readonly string[] | undefined;
    if (parts === undefined) return [mistake.field === 'licence' ? { ...mistake, field: 'licenceNumber' } : mistake];
    const places = mistake.rule === 'fieldMissing' ? parts : parts.slice(0, 1);
    return places.map(field => ({ ...mistake, field }));
  });
}
