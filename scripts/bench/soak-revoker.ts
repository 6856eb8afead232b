/** Officers who revoke and release while everybody asks, and how long it takes until it is told. */
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../ca-core/clock.ts';
import { openStore, type SignableDocument } from '../../ca-core/index.ts';
import { approve } from './approved-orders.ts';
import type { Ground } from './ground.ts';
import type { Asker } from './soak-asker.ts';
import type { Truth } from './soak-truth.ts';

export interface RevokerParts {
  readonly ground: Ground;
  /** Serial numbers of the certificates, of which the first are revoked. */
  readonly serials: readonly string[];
  readonly truth: Truth;
  readonly asker: Asker;
  /** Aborted when it is enough. */
  readonly signal: AbortSignal;
}

export interface Revoked {
  /** Seconds from recorded to told, of each revocation. */
  readonly visibleAfter: readonly number[];
  readonly released: number;
}

/** Every so many-th certificate is only held, and released later. */
const heldEvery = 5;
const longestRest = 1_000;

/** Revokes one certificate after the other, at no regular times; each is waited for until it is told. */
export async function revokeOn(parts: RevokerParts): Promise<Revoked> {
  const { ground, serials, signal } = parts;
  const visibleAfter: number[] = [];
  const held: string[] = [];
  let released = 0;
  for (const [turn, serialNumber] of serials.entries()) {
    if (signal.aborted) break;
    const isHeld = turn % heldEvery === 0;
    const reason = isHeld ? 'certificateHold' : 'superseded';
    const about = { version: 1, ca: ground.ca, serialNumber, requestedAt: systemClock.now() } as const;
    await sign(ground, { ...about, kind: 'revocation', reason, invalidityDate: null });
    const seconds = await untilTold(parts, serialNumber);
    if (seconds !== undefined) visibleAfter.push(seconds);
    if (isHeld) held.push(serialNumber);
    const back = held.length > 2 ? held.shift() : undefined;
    if (back !== undefined) {
      await sign(ground, { ...about, kind: 'release', serialNumber: back });
      released += 1;
    }
    await pause(Math.random() * longestRest);
  }
  return { visibleAfter, released };
}

const sign = (ground: Ground, document: SignableDocument): Promise<string> =>
  approve(ground, document, ground.database);

/** Seconds from when the database has it; undefined where the end came first. */
async function untilTold(
  { ground, truth, asker, signal }: RevokerParts,
  serialNumber: string,
): Promise<number | undefined> {
  let recorded: number | undefined;
  for (let turn = 0; !signal.aborted; turn++) {
    await truth.follow();
    if (recorded === undefined && truth.now(serialNumber) === 'revoked') recorded = performance.now();
    const told = await asker.ask(serialNumber, turn % 2 === 0 ? 'POST' : 'GET');
    if (turn % 100 === 99) await refuseRefusal(ground, serialNumber);
    if (told === 'revoked') return (performance.now() - (recorded ?? performance.now())) / 1_000;
    await pause(50);
  }
  return undefined;
}

/** An order that the CA core refuses is never told of. */
async function refuseRefusal({ database, ca }: Ground, serialNumber: string): Promise<void> {
  const orders = await openStore(database).revocations.of(ca, serialNumber);
  const refused = orders.find(({ state }) => state === 'refused');
  if (refused !== undefined) throw new Error(`The CA core refused a revocation: ${JSON.stringify(refused.refusal)}`);
}
