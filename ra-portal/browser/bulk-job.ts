/** Keeps a job's figures fresh: the page tells a screen reader of every tenth part, not of every row. */
import { element, wordsOfPage } from './page.ts';

interface Figures {
  readonly state: string;
  readonly done: number;
  readonly of: number;
  readonly perMinute: number | null;
  readonly secondsLeft: number | null;
  readonly counts: Readonly<Record<string, number>>;
}

const words = wordsOfPage<'documents' | 'rows' | 'rate' | 'left' | 'soon'>();
const lookEveryMilliseconds = 2_000;
const restful = ['finished', 'cancelled'];
const { state: shown = '' } = element('job').dataset;
const bar = element('bar') as HTMLProgressElement;
let told = tenthOf(bar.value, bar.max);

if (!restful.includes(shown)) setInterval(() => void look(), lookEveryMilliseconds);

/** What cannot be had now comes with the next look. */
async function look(): Promise<void> {
  if (document.hidden) return;
  const answer = await fetch(location.pathname, { headers: { accept: 'application/json' } }).catch(() => null);
  if (answer?.ok !== true) return;
  show((await answer.json()) as Figures);
}

function show(figures: Figures): void {
  if (figures.state !== shown) {
    location.reload();
    return;
  }
  const { done, of, perMinute, secondsLeft, counts } = figures;
  bar.max = of;
  bar.value = done;
  element('count').textContent = sentence(figures);
  element('rate').textContent = perMinute === null ? '' : filled(words.rate, { rate: perMinute });
  element('left').textContent = leftText(secondsLeft);
  for (const place of document.querySelectorAll<HTMLElement>('[data-count]')) {
    place.textContent = String(counts[place.dataset['count'] ?? ''] ?? 0);
  }
  const tenth = tenthOf(done, of);
  if (tenth === told) return;
  told = tenth;
  element('told').textContent = sentence(figures);
}

function sentence({ state, done, of, counts }: Figures): string {
  const isWriting = state === 'checked' || state === 'awaitingAttestation';
  if (isWriting) return filled(words.documents, { done, of });
  const { issued = 0, delivered = 0, failed = 0, cancelled = 0 } = counts;
  return filled(words.rows, { done, of, issued: issued + delivered, failed, cancelled });
}

function leftText(seconds: number | null): string {
  if (seconds === null) return '';
  return seconds < 60 ? words.soon : filled(words.left, { minutes: Math.ceil(seconds / 60) });
}

function tenthOf(done: number, of: number): number {
  return Math.floor((done * 10) / Math.max(1, of));
}

function filled(text: string, values: Readonly<Record<string, number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
