/** Tells in time that the sign-in ends, lets it go on, and says when it is over. Tabs of one browser tell each other. */
import { element, post, isRefused } from './page.ts';

/** Seconds until it ends if nothing more comes, and until it ends in any case. */
interface Left {
  readonly idleIn: number;
  readonly endIn: number;
}

const warnBefore = 120;
const section = element('session');
const stay = element('session-stay');
const channel = new BroadcastChannel('kakuin-session');
let idleEnd = 0;
let lastEnd = 0;

begin({ idleIn: Number(section.dataset['idleIn']), endIn: Number(section.dataset['endIn']) });
channel.postMessage({ idleIn: secondsTo(idleEnd), endIn: secondsTo(lastEnd) });
channel.addEventListener('message', ({ data: left }: MessageEvent<Left>) => begin(left));
stay.addEventListener('click', () => void goOn());
setInterval(show, 1_000);

function begin({ idleIn, endIn }: Left): void {
  idleEnd = performance.now() + idleIn * 1_000;
  lastEnd = performance.now() + endIn * 1_000;
  show();
}

async function goOn(): Promise<void> {
  const answer = await post<Left>('/session', {}, '');
  if (isRefused(answer)) idleEnd = 0;
  else {
    begin(answer);
    channel.postMessage(answer);
  }
  show();
}

function show(): void {
  const left = Math.min(secondsTo(idleEnd), secondsTo(lastEnd));
  const isLast = secondsTo(lastEnd) <= secondsTo(idleEnd);
  section.hidden = left > warnBefore;
  if (section.hidden) return;
  only(left <= 0 ? 'session-ended' : isLast ? 'session-at-end' : 'session-ending');
  stay.hidden = left <= 0 || isLast;
  element('session-again').hidden = left > 0;
  const time = element('session-left');
  time.hidden = left <= 0;
  time.textContent = (section.dataset['left'] ?? '').replace('{time}', clockText(left));
}

/** Touched only when it changes, so that a screen reader reads it once. */
function only(shown: string): void {
  for (const id of ['session-ending', 'session-at-end', 'session-ended']) {
    if (element(id).hidden !== (id !== shown)) element(id).hidden = id !== shown;
  }
}

function secondsTo(end: number): number {
  return Math.max(0, Math.ceil((end - performance.now()) / 1_000));
}

const clockText = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
