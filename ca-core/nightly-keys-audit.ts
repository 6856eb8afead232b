/** Every night the keys of all certificates are looked at together, a slice of the work in each turn of whoever leads. */
import { allOf, type Ca } from './ca.ts';
import type { UnixTime } from './clock.ts';
import { auditKeys, openFindings, type KeysAudit } from './keys-audit.ts';

export interface NightlyKeysAudit {
  /** Does a slice where one is due; whether there is more to do. A failure is told, and tried again later. */
  readonly step: () => Promise<boolean>;
  /** Forgets what was begun: another worker leads. */
  readonly stop: () => void;
}

/** Milliseconds of one slice. */
const slice = 50;
/** Seconds between looks whether one is due, and after which one that failed is begun again. */
const lookEvery = 10;
const againAfter = 600;

export function openNightlyKeysAudit(ca: Ca): NightlyKeysAudit {
  const { clock, home, policies } = ca;
  let walk: ReturnType<typeof auditKeys> | undefined;
  let notBefore: UnixTime = 0;
  const begin = (): ReturnType<typeof auditKeys> | undefined => {
    const now = clock.now();
    if (now < notBefore && notBefore - now <= againAfter) return undefined;
    notBefore = now + lookEvery;
    const last = home.keysAudits.lastAt();
    // A home that is new has nothing to look at: its first audit is that of the next night.
    if (last === undefined) home.keysAudits.done(now);
    const isDue = last !== undefined && (last > now || last < lastOccurrence(policies.schedule.keys.auditAt, now));
    if (!isDue) return undefined;
    const { certificates, status } = ca.store;
    return auditKeys({ certificates, status, issuers: allOf(ca).map(({ id }) => id), policies, now });
  };
  return {
    step: async () => {
      walk ??= begin();
      if (walk === undefined) return false;
      try {
        const outcome = await sliceOf(walk);
        if (outcome === undefined) return true;
        await tell(ca, outcome);
        home.keysAudits.done(clock.now());
      } catch (error) {
        notBefore = clock.now() + againAfter;
        ca.log.error({ error: error instanceof Error ? error.stack : error }, 'the audit of all keys failed');
      }
      walk = undefined;
      return false;
    },
    stop: () => (walk = undefined),
  };
}

async function sliceOf(walk: ReturnType<typeof auditKeys>): Promise<KeysAudit | undefined> {
  const until = performance.now() + slice;
  while (performance.now() < until) {
    const step = await walk.next();
    if (step.done === true) return step.value;
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

/** Serial numbers that a sentence or an event names; `kakuin keys audit` names all. */
const mostNamed = 20;

async function tell({ store, clock, log }: Ca, audit: KeysAudit): Promise<void> {
  const at = clock.now();
  const weak = openFindings(audit);
  const bad = [...new Set([...weak.map(one => one.serialNumber), ...audit.unreadable])];
  const named = bad.slice(0, mostNamed).join(' ');
  const details = {
    certificates: String(audit.certificates),
    moduli: String(audit.moduli),
    weak: String(weak.length),
    unreadable: String(audit.unreadable.length),
    serialNumbers: named,
  };
  await store.audit.note({
    ...{ at, service: 'ca-core', action: 'keys.audited', actor: 'ca-core', subject: 'keys', details },
  });
  const state = bad.length === 0 ? ('green' as const) : ('red' as const);
  const looked = `${audit.certificates} certificates, ${audit.moduli} RSA moduli`;
  const detail =
    bad.length === 0 ? `${looked}: no key is weak` : `${looked}: ${sentenceOf(weak.length, audit)}: ${named}`;
  if (state === 'red') log.error(details, 'keys that are worth nothing were found');
  await store.states.beat({ service: 'keys-audit', state, detail, seenAt: at });
}

function sentenceOf(weak: number, { unreadable }: KeysAudit): string {
  const parts = [
    ...(weak > 0 ? [`${weak} with weak keys, to be revoked for keyCompromise`] : []),
    ...(unreadable.length > 0 ? [`${unreadable.length} that cannot be read`] : []),
  ];
  return parts.join(', ');
}
