/** What the database has said of each certificate, and what may therefore be answered. */
import { openStore, type Store } from '../../ca-core/index.ts';
import type { Ground } from './ground.ts';

export type Told = 'good' | 'revoked' | 'unknown';

export interface Truth {
  /** Reads what was recorded since it was last read. */
  readonly follow: () => Promise<void>;
  /** Whether this may be answered to who asked at `askedAt` (milliseconds of performance.now). */
  readonly allows: (serialNumber: string, told: Told, askedAt: number) => boolean;
  readonly now: (serialNumber: string) => Told;
}

/** Milliseconds within which a change is to be seen: `good` 5 s after issuing, `revoked` within 60 s, a release with the next CRL. */
const within: Readonly<Record<'issued' | 'revoked' | 'released', number>> = {
  issued: 5_000,
  revoked: 60_000,
  released: 600_000,
};

/** A status, and until when it may still be told. */
interface Chapter {
  readonly told: Told;
  until: number;
}

export async function openTruth({ database, ca }: Pick<Ground, 'database' | 'ca'>): Promise<Truth> {
  const { status } = openStore(database);
  const chapters = new Map<string, Chapter[]>();
  const seen = { seq: 0 };
  let following = Promise.resolve();
  const follow = (): Promise<void> => (following = following.then(() => read(status, ca, chapters, seen)));
  await follow();
  return {
    follow,
    allows: (serialNumber, told, askedAt) =>
      (chapters.get(serialNumber) ?? unheardOf()).some(one => one.told === told && askedAt <= one.until),
    now: serialNumber => chapters.get(serialNumber)?.at(-1)?.told ?? 'unknown',
  };
}

const unheardOf = (): Chapter[] => [{ told: 'unknown', until: Infinity }];

async function read(
  status: Store['status'],
  ca: string,
  chapters: Map<string, Chapter[]>,
  seen: { seq: number },
): Promise<void> {
  for (;;) {
    const changes = await status.changesAfter(seen.seq, 500);
    for (const { seq, issuer, serialNumber, change } of changes) {
      seen.seq = seq;
      if (issuer !== ca) continue;
      const story = chapters.get(serialNumber) ?? unheardOf();
      const before = story.at(-1);
      if (before !== undefined) before.until = performance.now() + within[change];
      story.push({ told: change === 'revoked' ? 'revoked' : 'good', until: Infinity });
      chapters.set(serialNumber, story);
    }
    if (changes.length === 0) return;
  }
}
