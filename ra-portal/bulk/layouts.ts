/** Which column means what: our own template, and two layouts that organisations have already. */
import type { CertificateProfile } from '../../ca-core/index.ts';
import { columnsOf, titleOf, type BulkField, bulkFields } from './columns.ts';
import type { CellMark, TableRow } from './reading/table.ts';

export const layoutNames = ['kakuin', 'globalsign', 'nii'] as const;
/**
 * `kakuin` has a heading row with our columns, in any order · `globalsign` is the CSV of GlobalSign's Managed PKI ·
 * `nii` is the TSV of NII's UPKI certificates, without headings.
 */
export type LayoutName = (typeof layoutNames)[number];

export interface FieldCell {
  /** Of the cell in its row. */
  readonly index: number;
  readonly text: string;
  readonly mark: CellMark | null;
}

export interface Layout {
  readonly name: LayoutName;
  /** The row with the headings, or 0 where there are none: what comes after it is people. */
  readonly headingRow: number;
  /** The fields that the table has a column for. */
  readonly fields: ReadonlySet<BulkField>;
  /** Required fields without a column. */
  readonly missing: readonly BulkField[];
  /** Headings that stand twice. */
  readonly twice: readonly FieldCell[];
  /** Headings that mean nothing to us: what stands there is left. */
  readonly ignored: readonly string[];
  /** Whether the file brings pick-up passwords or PINs: they are never read, the CA core draws new ones. */
  readonly hasPasswords: boolean;
  /** Index of the column of an error file that came back; null where there is none. */
  readonly errorColumn: number | null;
  readonly cellsOf: (row: TableRow) => ReadonlyMap<BulkField, FieldCell>;
}

type Meaning = BulkField | 'password' | 'ours';

/** What other layouts call our columns, folded. */
const aliases: Readonly<Record<string, Meaning>> = {
  commonname: 'romanName',
  emailaddress: 'mailbox',
  email: 'mailbox',
  'e-mail': 'mailbox',
  mail: 'mailbox',
  メール: 'mailbox',
  kanjiname: 'kanjiName',
  氏名カナ: 'kanaName',
  氏名ローマ字: 'romanName',
  社員番号: 'reference',
  pickuppassword: 'password',
  accesspin: 'password',
  エラー: 'ours',
  errors: 'ours',
};

const meanings: ReadonlyMap<string, Meaning> = new Map([
  ...Object.entries(aliases),
  ...bulkFields.flatMap(field => {
    const { ja, en } = titleOf(field);
    return [ja, en, field].map(name => [folded(name), field] as const);
  }),
]);

/** Width, case, spaces and what stands in parentheses say nothing about a heading. */
function folded(heading: string): string {
  return heading
    .normalize('NFKC')
    .replace(/\([^)]*\)|[*※\s\u00a0_]/g, '')
    .toLowerCase();
}

/** From the first rows of a table; `chosen` where a person says better. */
export function findLayout(head: readonly TableRow[], profile: CertificateProfile, chosen?: LayoutName): Layout {
  const first = head.find(({ cells }) => cells.some(cell => cell.trim() !== ''));
  const isSubject = /^CN=/i.test(first?.cells[0]?.trim() ?? '');
  if (chosen === 'nii' || (chosen === undefined && isSubject)) return niiLayout(profile);
  const headings = first?.cells ?? [];
  const found = headings.map(heading => meanings.get(folded(heading)) ?? null);
  const isForeign = headings.some(heading => folded(heading) === 'commonname');
  return headedLayout({ name: isForeign ? 'globalsign' : 'kakuin', row: first?.row ?? 0, headings, found }, profile);
}

interface Headed {
  readonly name: LayoutName;
  readonly row: number;
  readonly headings: readonly string[];
  readonly found: readonly (Meaning | null)[];
}

function headedLayout({ name, row, headings, found }: Headed, profile: CertificateProfile): Layout {
  const columns = columnsOf(profile).map(({ field }) => field);
  const indexes = new Map<BulkField, number>();
  const twice: FieldCell[] = [];
  for (const [index, meaning] of found.entries()) {
    const field = columns.find(column => column === meaning);
    if (field === undefined) continue;
    if (indexes.has(field)) twice.push({ index, text: headings[index] ?? '', mark: null });
    else indexes.set(field, index);
  }
  const fields = new Set(indexes.keys());
  const isUnknown = (_: string, index: number): boolean => {
    const meaning = found[index] ?? null;
    return meaning !== 'password' && meaning !== 'ours' && !columns.some(column => column === meaning);
  };
  return {
    name,
    headingRow: row,
    fields,
    missing: missingFrom(fields, name, profile),
    twice,
    ignored: headings.filter(isUnknown).filter(heading => heading.trim() !== ''),
    hasPasswords: found.includes('password'),
    errorColumn: found.includes('ours') ? found.indexOf('ours') : null,
    cellsOf: ({ cells, marks }) =>
      new Map(
        [...indexes].map(([field, index]) => [
          field,
          { index, text: cells[index] ?? '', mark: marks.get(index) ?? null },
        ]),
      ),
  };
}

/** Layouts that write people in Roman letters only have no column for the others: they are the Roman name again. */
const byRomanName: readonly BulkField[] = ['kanjiName', 'kanaName'];

export const isRomanOnly = ({ name, fields }: Pick<Layout, 'name' | 'fields'>): boolean =>
  name !== 'kakuin' && !fields.has('kanjiName');

function missingFrom(
  fields: ReadonlySet<BulkField>,
  name: LayoutName,
  profile: CertificateProfile,
): readonly BulkField[] {
  const isExcused = (field: BulkField): boolean => name !== 'kakuin' && byRomanName.includes(field);
  return columnsOf(profile)
    .filter(({ field, required }) => required && !fields.has(field) && !isExcused(field))
    .map(({ field }) => field);
}

/** 主体者DN stands first; of the mailboxes from column 11 on the last is the user's, whichever edition the file is of. */
const subjectIndex = 0;
const firstOfUser = 10;
/** What stands behind them is ours. */
export const niiColumns = 16;

function niiLayout(profile: CertificateProfile): Layout {
  const fields = new Set<BulkField>(['romanName', 'mailbox', 'organisationName']);
  return {
    name: 'nii',
    headingRow: 0,
    fields,
    missing: missingFrom(fields, 'nii', profile),
    twice: [],
    ignored: [],
    hasPasswords: true,
    errorColumn: null,
    cellsOf: ({ cells, marks }) => {
      const subject = cells[subjectIndex] ?? '';
      const mailbox = Math.max(
        firstOfUser + 3,
        cells.findLastIndex((cell, index) => index >= firstOfUser && index < niiColumns && cell.includes('@')),
      );
      const cell = (index: number, text: string): FieldCell => ({ index, text, mark: marks.get(index) ?? null });
      return new Map<BulkField, FieldCell>([
        ['romanName', cell(subjectIndex, attributeOf(subject, 'CN'))],
        ['organisationName', cell(subjectIndex, attributeOf(subject, 'O'))],
        ['mailbox', cell(mailbox, cells[mailbox] ?? '')],
      ]);
    },
  };
}

/** `CN=…,OU=…,O=…,L=…,C=JP`: a comma belongs to a value unless another attribute begins behind it. */
function attributeOf(subject: string, type: string): string {
  const parts = subject.split(/\s*,\s*(?=(?:CN|OU|O|L|ST|C)=)/);
  const found = parts.find(part => part.startsWith(`${type}=`));
  return found?.slice(type.length + 1).trim() ?? '';
}
