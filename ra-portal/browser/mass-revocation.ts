/** Keeps the figures of a mass revocation fresh; what a change of state shows anew, the server says. */
import { element, wordsOfPage } from './page.ts';

interface Figures {
  readonly state: string;
  readonly signatures: number;
  readonly revoked: number;
  readonly leftOut: number;
  readonly isOnCrl: boolean;
  readonly document: { readonly size: number };
}

const words = wordsOfPage<'count'>();
const lookEveryMilliseconds = 2_000;
const shown = element('mass').dataset;
const bar = element('bar') as HTMLProgressElement;
let told = tenthOf(bar.value, bar.max);

if (shown['crl'] !== 'true' && shown['state'] !== 'refused') setInterval(() => void look(), lookEveryMilliseconds);

/** What cannot be had now comes with the next look. */
async function look(): Promise<void> {
  if (document.hidden) return;
  const answer = await fetch(location.pathname, { headers: { accept: 'application/json' } }).catch(() => null);
  if (answer?.ok !== true) return;
  show((await answer.json()) as Figures);
}

function show({ state, signatures, revoked, leftOut, isOnCrl, document: { size } }: Figures): void {
  const isAsShown =
    state === shown['state'] && String(isOnCrl) === shown['crl'] && String(signatures) === shown['signatures'];
  if (!isAsShown) {
    location.reload();
    return;
  }
  bar.value = revoked + leftOut;
  const values: Readonly<Record<string, number>> = { revoked, leftOut, size };
  const sentence = words.count.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
  element('count').textContent = sentence;
  const tenth = tenthOf(bar.value, size);
  if (tenth !== told) element('told').textContent = sentence;
  told = tenth;
}

function tenthOf(done: number, of: number): number {
  return Math.floor((done * 10) / Math.max(1, of));
}
