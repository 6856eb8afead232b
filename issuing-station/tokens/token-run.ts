/** One token after the other, as many as lie in slots at once: "put in token 3 of 120", green or red, next. */
import { setTimeout as pause } from 'node:timers/promises';
import { PkiError } from '../../ca-core/errors.ts';
import { personalise, type StationParts } from './personalise.ts';
import type { JobEntry, PortalDesk } from './portal-desk.ts';
import type { TokenStep } from './token-work.ts';

export interface TokenPlace {
  readonly jobId: string;
  readonly serial: string;
  readonly number: number;
  readonly of: number;
  readonly label: string;
}

/** What the person at the desk is told. */
export type TokenNews =
  | { readonly kind: 'ask'; readonly token: TokenPlace }
  | { readonly kind: 'working'; readonly token: TokenPlace }
  | { readonly kind: 'waiting'; readonly token: TokenPlace }
  | { readonly kind: 'green'; readonly token: TokenPlace }
  | { readonly kind: 'red'; readonly token: TokenPlace | null; readonly refusal: PkiError }
  | { readonly kind: 'finished'; readonly left: number };

export interface TokenRun extends Omit<StationParts, 'desk'> {
  readonly desk: PortalDesk;
  readonly tell: (news: TokenNews) => void;
  readonly signal: AbortSignal;
  /** Milliseconds between two looks at slots and portal. */
  readonly rest: number;
  /** Ends as soon as nothing more can be done with the tokens that lie there. */
  readonly isOnce: boolean;
}

/**
 * Until every job is done, or `signal` says so. A job that is refused for good is told once and left alone, until the run
 * is begun anew; a token that was pulled is asked for again; a portal that is away is asked again.
 */
export async function runTokens(run: TokenRun): Promise<void> {
  const refused = new Set<string>();
  const told = { ...run, tell: onlyNews(run.tell) };
  for (;;) {
    const open = await jobsNow(told);
    const jobs = open?.filter(({ job }) => !refused.has(job.jobId));
    const there = jobs === undefined ? undefined : whatIsThere(told, jobs);
    if (open !== undefined) await closeEnded(told, open);
    const isEnd = jobs?.length === 0 || (run.isOnce && there?.length === 0);
    if (isEnd) told.tell({ kind: 'finished', left: open?.length ?? 0 });
    if (isEnd || run.signal.aborted) return;
    const [next] = jobs ?? [];
    if (there?.length === 0 && next !== undefined) told.tell({ kind: 'ask', token: placeOf(next) });
    const moved = await advanceAll(told, there ?? [], refused);
    if (!moved) await pause(run.rest, undefined, { signal: run.signal }).catch(() => undefined);
  }
}

/** Whether anything came of it; jobs that are refused for good are added to `refused`. */
async function advanceAll(run: TokenRun, there: readonly JobEntry[], refused: Set<string>): Promise<boolean> {
  let moved = 0;
  for (const entry of there) {
    if (run.signal.aborted) return true;
    const outcome = await advance(run, entry);
    if (outcome === 'refused') refused.add(entry.job.jobId);
    if (outcome !== 'later') moved++;
  }
  return moved > 0;
}

/** What the portal knows the end of and this station, interrupted before it could note that, does not. */
async function closeEnded({ journal, desk, tell }: TokenRun, open: readonly JobEntry[]): Promise<void> {
  const listed = new Set(open.map(({ job }) => job.jobId));
  const unsure = journal.all().filter(({ job, step }) => !isEnded(step) && !listed.has(job.jobId));
  for (const work of unsure) {
    try {
      const { state } = await desk.standing(work.job.jobId);
      const step = state === 'active' ? 'reported' : state;
      if (step === 'reported' || step === 'damaged' || step === 'failed') journal.put({ ...work, step });
    } catch (error) {
      if (!(error instanceof PkiError)) throw error;
      if (error.code !== 'tokenJobUnknown') tell({ kind: 'red', token: null, refusal: error });
    }
  }
}

/** A run of the same words is said once. */
function onlyNews(tell: TokenRun['tell']): TokenRun['tell'] {
  let last = '';
  return news => {
    const { kind } = news;
    const token = 'token' in news ? (news.token?.jobId ?? '') : '';
    const text = `${kind} ${token} ${kind === 'red' ? news.refusal.message : ''}`;
    if (text !== last) tell(news);
    last = text;
  };
}

/** Undefined while the portal is away. */
async function jobsNow({ desk, tell }: TokenRun): Promise<readonly JobEntry[] | undefined> {
  try {
    return await desk.jobs();
  } catch (error) {
    if (!(error instanceof PkiError) || error.code !== 'portalUnreachable') throw error;
    tell({ kind: 'red', token: null, refusal: error });
    return undefined;
  }
}

/** Undefined while nobody can say. */
function whatIsThere({ slots, tell }: TokenRun, jobs: readonly JobEntry[]): readonly JobEntry[] | undefined {
  try {
    const serials = new Set(slots.list().map(({ serial }) => serial));
    return jobs.filter(({ job }) => serials.has(job.tokenSerial));
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    tell({ kind: 'red', token: null, refusal: error });
    return undefined;
  }
}

const placeOf = ({ job, number, of }: JobEntry): TokenPlace => {
  const { jobId, tokenSerial: serial, label } = job;
  return { jobId, serial, number, of, label };
};

type EndStep = 'reported' | 'damaged' | 'failed';
const isEnded = (step: TokenStep): step is EndStep => step === 'reported' || step === 'damaged' || step === 'failed';

type Advance = 'moved' | 'later' | 'refused';

async function advance(run: TokenRun, entry: JobEntry): Promise<Advance> {
  const { tell } = run;
  const token = placeOf(entry);
  const before = run.journal.find(entry.job.jobId)?.step;
  if (before === 'ordered' && entry.state === 'ordered') return 'later';
  tell({ kind: 'working', token });
  try {
    if (before !== undefined && isEnded(before)) return await sayAgain(run, before, entry);
    const { state, work } = await personalise(run, entry.job);
    if (state === 'waiting') tell({ kind: 'waiting', token });
    else if (work.step === 'reported') tell({ kind: 'green', token });
    else tell({ kind: 'red', token, refusal: new PkiError('tokenSpoilt', { reason: work.reason ?? '' }) });
    return 'moved';
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    tell({ kind: 'red', token, refusal: error });
    return isForNow(error) ? 'later' : 'refused';
  }
}

/** The portal has forgotten what it was told, or shows an old job anew: it is told again, and nothing is done twice. */
async function sayAgain({ desk, journal }: TokenRun, step: EndStep, { job }: JobEntry): Promise<Advance> {
  const reason = journal.find(job.jobId)?.reason ?? '';
  await desk.report(job, step === 'reported' ? 'active' : step, reason);
  return 'refused';
}

/** Pulled, or the portal is away: the same may go on later. */
const isForNow = ({ code, values }: PkiError): boolean =>
  code === 'portalUnreachable' ||
  code === 'tooManyAttempts' ||
  (code === 'tokenUnavailable' && values['what'] === 'gone');
