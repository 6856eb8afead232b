/** The list of documents, opened by an officer's passkey. */
import { element, post, readTask, say } from './page.ts';
import { askPasskey, challengeFor } from './passkey.ts';

interface Task {
  readonly ca: string;
  readonly rpId: string;
  readonly credentials: readonly string[];
  /** Seconds. */
  readonly lifetime: number;
  /** The server's time when it made the page. */
  readonly now: number;
  readonly words: Readonly<Record<'asking' | 'cancelled' | 'unreachable' | 'nothing', string>>;
}

interface Row {
  readonly href: string;
  readonly kind: string;
  readonly subject: string;
  readonly age: string;
  readonly signatures: string;
}

const { ca, rpId, credentials, lifetime, now, words } = readTask() as Task;
element('show').addEventListener('click', () => void show());

async function show(): Promise<void> {
  say('message', words.asking);
  const expiry = now + Math.floor(performance.now() / 1000) + lifetime - 60;
  const assertion = await askPasskey({ challenge: await challengeFor('desk', [ca], expiry), rpId, credentials });
  if (assertion === undefined) {
    say('message', words.cancelled, 'bad');
    return;
  }
  const answer = await post<readonly Row[]>('/awaiting', { expiry, assertion }, words.unreachable);
  if ('problem' in answer) say('message', answer.problem, 'bad');
  else if (answer.result.length === 0) say('message', words.nothing);
  else showRows(answer.result);
}

function showRows(rows: readonly Row[]): void {
  element('message').hidden = true;
  element('list')
    .querySelector('tbody')
    ?.replaceChildren(...rows.map(rowOf));
  element('list').hidden = false;
}

function rowOf({ href, kind, subject, age, signatures }: Row): HTMLTableRowElement {
  const link = document.createElement('a');
  link.href = href;
  link.textContent = subject;
  const row = document.createElement('tr');
  row.append(...[kind, link, age, signatures].map(cellOf));
  return row;
}

function cellOf(content: string | Node): HTMLTableCellElement {
  const cell = document.createElement('td');
  cell.append(content);
  return cell;
}
