/** Opens the sealed passwords of a job in this browser: a table to read, a CSV and a PDF to keep. */
import { openSealed, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { fromHex } from '../../ca-core/x509/der.ts';
import { element, input, isRefused, post, showSentence, wordsOfPage } from './page.ts';
import { pinSheetCsv, pinSheetPdf, type OpenedPassword } from './pin-sheet-files.ts';

interface Part {
  readonly passwords: readonly (Omit<OpenedPassword, 'password'> & {
    readonly caseDigest: string;
    readonly sealed: string;
  })[];
  readonly after: number | null;
}

type Word = 'form' | 'check' | 'other' | 'none' | 'opened' | 'unreachable';
type Heading = 'row' | 'name' | 'mailbox' | 'case' | 'password';
const words = wordsOfPage<Word | Heading>();
const form = element('open') as HTMLFormElement;
const { job = '', sealTo = '' } = form.dataset;

form.addEventListener('submit', event => {
  event.preventDefault();
  void openAll(input('secret').value).then(sentence => {
    showSentence('secret-wrong', sentence ?? '');
    if (sentence !== null) input('secret').focus();
  });
});

/** Null when all is done, else what to tell. The server is asked only once the secret is known to be the right one. */
async function openAll(secret: string): Promise<string | null> {
  const mistake = await mistakeIn(secret);
  if (mistake !== null) return mistake;
  const opened: OpenedPassword[] = [];
  for (let after: number | null = 0; after !== null;) {
    const part: Part | { refused: string } = await post<Part>(
      `/lra/bulk/jobs/${job}/pin-sheet`,
      { after },
      words.unreachable,
    );
    if (isRefused(part)) return part.refused;
    for (const { sealed, caseDigest, ...row } of part.passwords) {
      const octets = await openSealed({ secret, sealed: fromHex(sealed), caseId: row.caseId, caseDigest });
      opened.push({ ...row, password: new TextDecoder().decode(octets) });
    }
    after = part.after;
  }
  if (opened.length === 0) return words.none;
  await show(opened);
  return null;
}

async function mistakeIn(secret: string): Promise<string | null> {
  try {
    return (await pickUpPublicKey(secret)) === sealTo ? null : words.other;
  } catch (error) {
    return error instanceof PkiError && error.values['reason'] === 'check' ? words.check : words.form;
  }
}

async function show(opened: readonly OpenedPassword[]): Promise<void> {
  element('passwords').replaceChildren(...opened.map(lineOf));
  element('count').textContent = words.opened.replace('{count}', String(opened.length));
  const headings = [words.row, words.name, words.mailbox, words.case, words.password];
  offer('csv', new Blob([pinSheetCsv(opened, headings)], { type: 'text/csv' }));
  offer('pdf', new Blob([await pinSheetPdf(opened, job)], { type: 'application/pdf' }));
  form.hidden = true;
  input('secret').value = '';
  element('opened').hidden = false;
}

function offer(id: string, blob: Blob): void {
  (element(id) as HTMLAnchorElement).href = URL.createObjectURL(blob);
}

function lineOf({ rowNumber, name, mailbox, caseId, password }: OpenedPassword): HTMLTableRowElement {
  const line = document.createElement('tr');
  const cells = [
    [words.row, String(rowNumber), 'figure'],
    [words.name, name, ''],
    [words.mailbox, mailbox, 'breakable'],
    [words.case, caseId, 'code'],
    [words.password, password, 'code breakable'],
  ] as const;
  for (const [heading, text, kind] of cells) {
    const cell = document.createElement('td');
    cell.dataset['name'] = heading;
    cell.className = kind;
    cell.textContent = text;
    line.append(cell);
  }
  return line;
}
