import { join } from 'node:path';
import { placeApprovedOrders } from './approved-orders.ts';
import type { BenchWish, Bound, Figure, Measured, Round } from './figure.ts';
import { onIssueGround, type IssueGround, type IssuePlace } from './issue-ground.ts';
import { refuseRefusals, untilLeft } from './open-orders.ts';
import { profileNotes } from './issue-profile.ts';
import { takenBy } from './running.ts';
import { signAndVerifyPerSecond } from './sign-yardstick.ts';
import { tokenSignaturesPerSecond } from './token-yardstick.ts';

const unit = 'certificates/s';
const allOn = 'approvals, request, profile and lint checked, signatures verified, audit log and durable commits on';
const onFile = { keys: 'file', algorithm: 'p-256' } as const;
const onToken = { keys: 'token', database: 'sqlite' } as const;
const aim: Bound = { of: 'value', at: 'least', aim: 2_000 };

/** Certificates per second that ca-core's own main makes of approved orders. */
export const issueFigures: readonly Figure[] = [
  fromFile('sqlite'),
  fromFile('postgresql'),
  {
    name: 'issue.p256.pkcs11',
    meaning: `as issue.p256.sqlite, with the CA's key on a SoftHSM token; beside issue.p256.sqlite in turn with it`,
    measure: wish =>
      onIssueGround({ ...onFile, database: 'sqlite' }, wish, beside =>
        onIssueGround({ ...onToken, algorithm: 'p-256' }, wish, ground =>
          measure('issue.p256.pkcs11', wish, {
            ground,
            against: 'issue.p256.sqlite in the same run',
            yardstick: async () => (await issueRound(beside, countOf(wish))).perSecond,
            bound: { of: 'ratio', at: 'least', limit: 0.7 },
          }),
        ),
      ),
  },
  {
    name: 'issue.rsa2048.pkcs11',
    meaning: "the same with an RSA-2048 key on the token, beside the token's own bare RSA-2048 signatures",
    measure: wish =>
      onIssueGround({ ...onToken, algorithm: 'rsa-2048' }, wish, ground =>
        measure('issue.rsa2048.pkcs11', wish, {
          ground,
          against: 'RSA-2048 signatures/s of the same token, as many sessions, nothing else',
          yardstick: () => tokenSignaturesPerSecond(ground),
          bound: { of: 'ratio', at: 'least', limit: 0.5 },
        }),
      ),
  },
];

function fromFile(database: IssuePlace['database']): Figure {
  const name = `issue.p256.${database}`;
  return {
    name,
    meaning: `P-256 certificates from approved orders on ${database === 'sqlite' ? 'SQLite' : 'PostgreSQL'}: ${allOn}`,
    measure: wish =>
      onIssueGround({ ...onFile, database }, wish, ground =>
        measure(name, wish, {
          ground,
          against: 'P-256 sign + verify, one thread',
          yardstick: () => Promise.resolve(signAndVerifyPerSecond()),
          bound: aim,
        }),
      ),
  };
}

interface Measuring extends Pick<Measured, 'against'> {
  readonly ground: IssueGround;
  readonly yardstick: () => Promise<number>;
  readonly bound: Bound;
}

const countOf = ({ count = 10_000 }: BenchWish): number => count;

async function measure(
  name: string,
  wish: BenchWish,
  { ground, yardstick, ...rest }: Measuring,
): Promise<readonly Measured[]> {
  const rounds: Round[] = [];
  const costs: string[] = [];
  while (rounds.length < wish.rounds) {
    const beside = await yardstick();
    const round = await issueRound(ground, countOf(wish));
    rounds.push({ value: round.perSecond, yardstick: beside });
    costs.push(round.cost);
  }
  const folder = wish.profiles === undefined ? undefined : join(wish.profiles, name);
  const where = await profileNotes(ground, { count: Math.min(3_000, countOf(wish)), folder });
  return [{ name, unit, ...rest, rounds, notes: [costs.at(-1) ?? '', ...where] }];
}

/** The first tenth warms up and is not counted. */
const warmUp = 0.1;

interface IssueRound {
  readonly perSecond: number;
  /** What the machine gave for one certificate, in words. */
  readonly cost: string;
}

/** Places `count` approved orders and as many more as warm up, then starts the CA core. Throws when it refuses one. */
async function issueRound(ground: IssueGround, count: number): Promise<IssueRound> {
  const warming = Math.ceil(count * warmUp);
  await placeApprovedOrders({ ...ground, count: count + warming });
  const caCore = ground.launch('ca-core');
  try {
    await caCore.ready;
    const start = { left: count + warming, at: performance.now(), cpu: cpuNow() };
    const warm = { left: await untilLeft(ground, count), at: performance.now(), cpu: cpuNow() };
    // So few that all were done at once.
    const first = warm.left === 0 ? start : warm;
    await untilLeft(ground, 0);
    const seconds = (performance.now() - first.at) / 1_000;
    const spent = cpuNow();
    await refuseRefusals(ground);
    const each = (from: number, to: number): string => `${Math.round(((to - from) * 1e6) / first.left)} µs`;
    const cost = `one certificate takes ${each(first.cpu.caCore, spent.caCore)} of processor in the CA core`;
    const server = `${each(first.cpu.server, spent.server)} in the database server`;
    return { perSecond: first.left / seconds, cost: spent.server > 0 ? `${cost}, ${server}` : cost };
  } finally {
    await caCore.end();
  }
}

/** Seconds of processor time: the CA core with its token's program, PostgreSQL. */
function cpuNow(): { readonly caCore: number; readonly server: number } {
  return { caCore: takenBy(/ca-core\/main\.js/).cpuSeconds, server: takenBy(/bin\/postgres /).cpuSeconds };
}
