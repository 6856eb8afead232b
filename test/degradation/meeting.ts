/** One failure meets every act: what each came to while it lasted, and that all of it is well afterwards. */
import { setTimeout as pause } from 'node:timers/promises';
import { openStore } from '../../ca-core/index.ts';
import type { DegradableWorld } from './a-world.ts';
import { failingOf, signal } from './failing.ts';
import { acts, matrix, type Act, type Cell, type Failure } from './matrix.ts';
import { toldByCrl, toldByOcsp, tried, type Ending } from './observe.ts';
import { anApplicant, aSubject, letterTo, serialOf, type Subject } from './subjects.ts';

/** Both issued; one to be picked up, one to be revoked. */
export interface Holders {
  readonly pickingUp: Subject;
  readonly revoking: Subject;
}

export interface Meeting {
  readonly observed: Readonly<Record<Act, Cell>>;
  readonly next: Holders;
}

type Looks = Readonly<Partial<Record<Act, () => Promise<boolean>>>>;

/** How long what works may take on a machine that has much to do, and how long what waits is watched, milliseconds. */
const worksWithin = 40_000;
const watched = 3_000;
/** Between two checkpoints of the audit log the CA core issues (policies/schedule.yaml, audit.sequenceEvery); milliseconds and a little. */
const checkpointEvery = 1_200;

export async function meet(world: DegradableWorld, failure: Failure, holders: Holders): Promise<Meeting> {
  const { officers } = world;
  const [, second] = officers;
  const [deciding, waiting] = [await aSubject(world), await aSubject(world)];
  const coming = await anApplicant(world);
  const serialNumber = (await serialOf(world, holders.revoking)) ?? '';
  const failing = failingOf(world, failure);
  // The order is there when the failure begins, and the CA core has not begun with it.
  signal('ca-core', 'SIGSTOP');
  await second.approve(waiting.location);
  await failing.begin();
  await pause(checkpointEvery);
  signal('ca-core', 'SIGCONT');
  const begun = {
    apply: () => coming.applicant.apply(),
    approve: () => second.approve(deciding.location),
    pickUp: () => holders.pickingUp.applicant.pickUp(),
    revoke: () => holders.revoking.applicant.revoke('superseded'),
  };
  const seen = await during(world, { failure, begun, coming, waiting, serialNumber }).finally(failing.mend);
  await resumed(world, { begun, deciding, ...seen });
  const observed = Object.fromEntries(acts.map(act => [act, cellOf(act, seen)])) as Meeting['observed'];
  return { observed, next: { pickingUp: waiting, revoking: deciding } };
}

interface Begun {
  readonly failure: Failure;
  readonly begun: Readonly<Partial<Record<Act, () => Promise<unknown>>>>;
  readonly coming: Pick<Subject, 'mailbox'>;
  readonly waiting: Subject;
  readonly serialNumber: string;
}

/** Does everything while the failure lasts, and looks at what comes of it. */
async function during(world: DegradableWorld, { failure, begun, coming, waiting, serialNumber }: Begun): Promise<Seen> {
  const endings = new Map<Act, Ending>();
  for (const [act, begin] of Object.entries(begun) as [Act, () => Promise<unknown>][])
    endings.set(act, await tried(begin));
  if (endings.get('revoke')?.cell !== 'done' && failure !== 'database') await orderRevocation(world, serialNumber);
  const told = async (by: typeof toldByCrl): Promise<string> => by(world, serialNumber, world.clock);
  const looks: Looks = {
    apply: () => Promise.resolve(letterTo(world, coming.mailbox) !== undefined),
    issue: async () => (await serialOf(world, waiting).catch(() => undefined)) !== undefined,
    revoke: async () => [await told(toldByOcsp), await told(toldByCrl)].includes('revoked'),
    ocsp: async () => (await told(toldByOcsp)) === 'revoked',
    crl: async () => (await told(toldByCrl)) === 'revoked',
  };
  const held = await heldOf(looks, matrix[failure]);
  const away = { ocsp: (await told(toldByOcsp)) === 'away', crl: (await told(toldByCrl)) === 'away' };
  return { endings, held, away, looks };
}

interface Seen {
  readonly endings: ReadonlyMap<Act, Ending>;
  readonly held: ReadonlySet<Act>;
  readonly away: Readonly<Record<'ocsp' | 'crl', boolean>>;
  readonly looks: Looks;
}

function cellOf(act: Act, { endings, held, away }: Seen): Cell {
  const ending = endings.get(act);
  if (ending !== undefined && ending.cell !== 'done') return ending.cell;
  if (act === 'ocsp' || act === 'crl') return away[act] ? 'away' : held.has(act) ? 'works' : 'stale';
  return act === 'approve' || act === 'pickUp' || held.has(act) ? 'works' : 'waits';
}

/** What is to work is waited for; what is not is watched for a while then, and must not have come to pass. */
async function heldOf(looks: Looks, expected: Readonly<Record<Act, Cell>>): Promise<Set<Act>> {
  const held = new Set<Act>();
  const isWanted = (act: Act): boolean => expected[act] === 'works';
  const look = async (): Promise<void> => {
    for (const [act, holds] of Object.entries(looks) as [Act, () => Promise<boolean>][])
      if (!held.has(act) && (await holds())) held.add(act);
  };
  const begunAt = performance.now();
  const isEnough = (): boolean => acts.every(act => !isWanted(act) || looks[act] === undefined || held.has(act));
  while (!isEnough() && performance.now() - begunAt < worksWithin) await look().then(() => pause(100));
  if (acts.some(act => !isWanted(act) && looks[act] !== undefined)) await pause(watched).then(look);
  return held;
}

interface Left {
  readonly begun: Readonly<Partial<Record<Act, () => Promise<unknown>>>>;
  readonly endings: ReadonlyMap<Act, Ending>;
  readonly looks: Looks;
  readonly deciding: Subject;
}

/** What was refused is done again by whoever was refused; what waited is done by itself. Throws after a minute. */
async function resumed(world: DegradableWorld, { begun, endings, looks, deciding }: Left): Promise<void> {
  for (const [act, { cell }] of endings) {
    if (cell === 'done') continue;
    const again = await untilDone(() => begun[act]?.() ?? Promise.resolve());
    if (again !== undefined) throw new Error(`${act} does not resume: ${again}`);
  }
  const all: Looks = { ...looks, approve: async () => (await serialOf(world, deciding)) !== undefined };
  for (const [act, holds] of Object.entries(all)) {
    const until = performance.now() + 60_000;
    let why = 'it does not hold';
    while (!(await holds().catch((error: unknown) => ((why = String(error)), false)))) {
      if (performance.now() > until) throw new Error(`${act} does not resume: ${why}`);
      await pause(100);
    }
  }
}

/** What still fails after twenty seconds, in words. */
async function untilDone(act: () => Promise<unknown>): Promise<string | undefined> {
  const until = performance.now() + 20_000;
  for (;;) {
    const ending = await tried(act).catch((error: unknown) => ({ cell: 'refused', words: String(error) }));
    if (ending.cell === 'done' || /alreadyRevoked/.test(ending.words)) return undefined;
    if (performance.now() > until) return ending.words;
    await pause(200);
  }
}

/** Where no page takes it, an order as the portal writes it: does the rest still turn? */
async function orderRevocation({ database, ca, clock }: DegradableWorld, serialNumber: string): Promise<void> {
  const wish = { kind: 'revocation', version: 1, ca, serialNumber, invalidityDate: null } as const;
  const document = { ...wish, reason: 'superseded', requestedAt: clock.now() } as const;
  await openStore(database).revocations.order({ document, at: clock.now() });
}
