/** Everything at once for so long: apply, approve, issue, pick up, revoke, OCSP, CRL, while services are killed. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceName } from '../../../scripts/settings.ts';
import { holdAndRelease, revokeAsOfficer, revokeAsSubscriber, type Wish } from './endings.ts';
import { killOneByOne } from './killer.ts';
import { askOcsp, followCrl } from './relying-parties.ts';
import { becomeSubscriber, type Issued } from './story.ts';
import type { World } from './world.ts';

export interface LoadOutcome {
  readonly issued: number;
  /** Pick-ups whose only answer was lost in a kill; the subscriber has to apply again. */
  readonly lostPickUps: number;
  readonly wishes: readonly Wish[];
  readonly crls: number;
  readonly killed: ReadonlyMap<ServiceName, number>;
}

export interface LoadWish {
  readonly seconds: number;
  /** Milliseconds between kills, at most. */
  readonly longestRest: number;
}

const people = 2;
/** Milliseconds between two persons, at most: a load, not a bench. */
const longestThought = 3_000;
/** Below what the policy gives subscribers in an hour; the other revocations are the officers'. */
const mostBySubscribers = 25;

/** Throws what made one of them give up: that too is a fault. */
export async function mixedLoad(world: World, { seconds, longestRest }: LoadWish): Promise<LoadOutcome> {
  const over = new AbortController();
  const { signal } = over;
  const crowd = gather(world);
  const end = setTimeout(() => over.abort(), seconds * 1_000);
  const working = [
    killOneByOne({ lines: world.lines, longestRest, signal }),
    followCrl(world, signal),
    askOcsp(world, crowd.known, signal),
    ...Array.from({ length: people }, () => crowd.live(signal)),
  ] as const;
  try {
    const [killed, crls] = await Promise.all(working);
    const { wishes, known, lostPickUps } = crowd;
    return { issued: known.length, lostPickUps: lostPickUps(), wishes, crls, killed };
  } finally {
    clearTimeout(end);
    over.abort();
    await Promise.allSettled(working);
  }
}

interface Crowd {
  /** One person after the other, until it is enough. */
  readonly live: (signal: AbortSignal) => Promise<void>;
  /** Serial numbers of what was picked up. */
  readonly known: readonly string[];
  readonly wishes: readonly Wish[];
  readonly lostPickUps: () => number;
}

function gather(world: World): Crowd {
  const known: string[] = [];
  const wishes: Wish[] = [];
  let number = 0;
  let lost = 0;
  let bySubscribers = 0;
  const endingOf = async (subscriber: Issued): Promise<Wish | undefined> => {
    const { serialNumber } = subscriber;
    const turn = known.length % 6;
    if (turn === 2) return revokeAsOfficer(world, serialNumber, 'affiliationChanged');
    if (turn === 3) return holdAndRelease(world, serialNumber);
    if (turn > 3 || bySubscribers >= mostBySubscribers) return undefined;
    bySubscribers += 1;
    return revokeAsSubscriber(world, subscriber);
  };
  const live = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      number += 1;
      const subscriber = await becomeSubscriber(world, number);
      if (subscriber === undefined) lost += 1;
      else {
        known.push(subscriber.serialNumber);
        const wish = await endingOf(subscriber);
        if (wish !== undefined) wishes.push(wish);
      }
      await pause(Math.random() * longestThought);
    }
  };
  return { live, known, wishes, lostPickUps: () => lost };
}
