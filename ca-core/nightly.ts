/** What is done once a night, a slice of the work in each turn of whoever leads. */
import type { Aside } from './aside.ts';
import type { Clock, UnixTime } from './clock.ts';
import type { NightMemory } from './home/night-memory.ts';
import type { Log } from './log.ts';
import type { StateStore } from './store/states.ts';

export interface NightWork<Outcome> {
  /** For the log and the state, when it fails. */
  readonly name: string;
  /** Under which name its state is told. */
  readonly service: string;
  readonly states: Pick<StateStore, 'beat'>;
  /** hh:mm in Japan. */
  readonly at: string;
  readonly memory: NightMemory;
  readonly clock: Clock;
  readonly log: Log;
  /** The walk; each of its steps takes a fraction of a second. */
  readonly begin: () => Promise<AsyncGenerator<unknown, Outcome, void>>;
  readonly tell: (outcome: Outcome) => Promise<void>;
}

/** Milliseconds of one slice. */
const slice = 50;
/** Seconds between looks whether one is due, and after which one that failed is begun again. */
const lookEvery = 10;
const againAfter = 600;

export function openNightly<Outcome>(work: NightWork<Outcome>): Aside {
  const { name, at, memory, clock, log, begin, tell } = work;
  let walk: AsyncGenerator<unknown, Outcome, void> | undefined;
  let notBefore: UnixTime = 0;
  const isDue = (): boolean => {
    const now = clock.now();
    if (now < notBefore && notBefore - now <= againAfter) return false;
    notBefore = now + lookEvery;
    const last = memory.lastAt();
    // A home that is new has nothing to look at: its first look is that of the next night.
    if (last === undefined) memory.done(now);
    return last !== undefined && (last > now || last < lastOccurrence(at, now));
  };
  return {
    step: async () => {
      try {
        if (walk === undefined && !isDue()) return false;
        walk ??= await begin();
        const outcome = await sliceOf(walk);
        if (outcome === undefined) return true;
        await tell(outcome.value);
        memory.done(clock.now());
      } catch (error) {
        notBefore = clock.now() + againAfter;
        log.error({ error: error instanceof Error ? error.stack : error }, `${name} failed`);
        await tellFailure(work, error);
      }
      walk = undefined;
      return false;
    },
    stop: () => (walk = undefined),
  };
}

type Told = Omit<NightWork<never>, 'begin' | 'tell'>;

/** The last night's state says nothing of this night. Octets and statements that an error may quote stay in the log. */
async function tellFailure({ name, service, states, clock, log }: Told, error: unknown): Promise<void> {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  const cause = typeof code === 'string' && /^\w{1,64}$/.test(code) ? ` (${code})` : '';
  const detail = `${name} failed${cause}: the log of the CA core says why; it is begun again in ${againAfter / 60} minutes`;
  try {
    await states.beat({ service, state: 'red', detail, seenAt: clock.now() });
  } catch (silent) {
    log.error({ error: silent instanceof Error ? silent.stack : silent }, `that ${name} failed could not be told`);
  }
}

async function sliceOf<Outcome>(
  walk: AsyncGenerator<unknown, Outcome, void>,
): Promise<{ readonly value: Outcome } | undefined> {
  const until = performance.now() + slice;
  while (performance.now() < until) {
    const step = await walk.next();
    if (step.done === true) return step;
  }
  return undefined;
}

const day = 86_400;
const japanIsAhead = 9 * 3600;

/** When it was last so late in Japan; `time` as hh:mm. */
export function lastOccurrence(time: string, now: UnixTime): UnixTime {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  const today = Math.floor((now + japanIsAhead) / day) * day - japanIsAhead;
  const then = today + hours * 3600 + minutes * 60;
  return then > now ? then - day : then;
}
