/** A table to begin with: the profile's own columns, and one row that passes. */
import type { IdentityDocument, IdentityMethod } from '../../ca-core/index.ts';
import type { Language } from '../words/language.ts';
import { say } from '../words/words.ts';
import { mayAttest, type CheckGround } from './check-ground.ts';
import { columnsOf, type BulkColumn } from './columns.ts';
import { standingOfOrganisation } from './organisation-standing.ts';
import type { TextForm } from './reading/table.ts';
import { workbookOf } from './workbook.ts';
import { encodeLines, lineOf } from './write-text.ts';

export const templateForms = ['utf-8', 'cp932', 'xlsx'] as const;
export type TemplateForm = (typeof templateForms)[number];

/** Everything as text; the workbook's second sheet lists what may stand in the columns about identity. */
export async function templateOf(ground: CheckGround, form: TemplateForm, language: Language): Promise<Buffer> {
  const columns = columnsOf(ground.profile);
  const rows = [columns.map(({ title }) => title[language]), exampleOf(columns, ground, language)];
  if (form === 'xlsx') {
    const known = { name: say(language, 'bulk.values'), rows: knownValues(ground, language), frozen: 1 } as const;
    const sheets = [{ name: say(language, 'bulk.title'), rows, frozen: 1 } as const, known];
    return workbookOf(sheets, ground.now);
  }
  const text: TextForm = {
    kind: 'text',
    encoding: form,
    bom: form === 'utf-8',
    delimiter: 'comma',
    lineEnd: 'CRLF',
    quotes: true,
  };
  const lines = rows.map(row => lineOf(row, text));
  return encodeLines(lines, text) ?? encodeLines(lines, { ...text, encoding: 'utf-8', bom: true }) ?? Buffer.alloc(0);
}

interface Attestable {
  readonly document: IdentityDocument;
  readonly methods: readonly IdentityMethod[];
}

/** What an organisation's desk may say today that it saw. */
export function attestables(ground: Pick<CheckGround, 'policies' | 'now'>): readonly Attestable[] {
  const { documents, methods } = ground.policies.identity;
  return documents
    .filter(({ proves }) => proves === 'identity')
    .map(document => ({ document, methods: methods.filter(method => mayAttest(method, document, ground)) }))
    .filter(({ methods: some }) => some.length > 0);
}

/** Somebody invented, in a mail domain of the organisation, seen today. */
function exampleOf(columns: readonly BulkColumn[], ground: CheckGround, language: Language): readonly string[] {
  const [domain = 'example.jp'] = standingOfOrganisation(ground).domains;
  const seen = attestables(ground).find(({ document }) => document.rank === 'primary');
  const today = new Date((ground.now + 9 * 3_600) * 1_000).toISOString().slice(0, 10);
  const values: Readonly<Partial<Record<BulkColumn['field'], string>>> = {
    mailbox: `taro.kakuu@${domain}`,
    identityDocument: plain(seen?.document.title[language] ?? ''),
    identityMethod: seen?.methods[0]?.title[language] ?? '',
    identitySeenOn: today,
  };
  return columns.map(({ field, example }) => values[field] ?? example);
}

function knownValues(ground: CheckGround, language: Language): readonly (readonly string[])[] {
  const titles = columnsOf(ground.profile).filter(
    ({ field }) => field === 'identityDocument' || field === 'identityMethod',
  );
  return [
    titles.map(({ title }) => title[language]),
    ...attestables(ground).flatMap(({ document, methods }) =>
      methods.map(method => [plain(document.title[language]), method.title[language]]),
    ),
  ];
}

/** Without what stands in parentheses. */
const plain = (title: string): string => title.replace(/[（(][^）)]*[）)]/g, '').trim();
