/** One card after the other: put it there, green or red, take it away, next. */
import { PkiError } from '../../ca-core/errors.ts';
import type { CardPolicy } from '../../ca-core/profiles/card-policy.ts';
import type { CardReaders } from './card-readers.ts';
import { openCard, type Card } from './card.ts';

/** What one card came to. */
export type CardResult<T> =
  { readonly at: number; readonly value: T } | { readonly at: number; readonly refusal: PkiError };

export interface LongRun<T> {
  readonly readers: CardReaders;
  readonly policy: CardPolicy;
  /** Waits for the cards of that reader; of any where none is named. */
  readonly reader?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Of card `at` from 0; a card that was taken away comes again under the same number. */
  readonly work: (card: Card, at: number) => Promise<T>;
  /** `ask` before each card, `take` when it may be taken away. */
  readonly tell: (news: { readonly ask: number } | CardResult<T>) => void;
}

/** Until `count` cards are done. A card that is refused for good counts as done; one that left is asked for again. */
export async function longRun<T>(count: number, run: LongRun<T>): Promise<readonly CardResult<T>[]> {
  const results: CardResult<T>[] = [];
  const { reader, signal } = run;
  while (results.length < count) {
    const at = results.length;
    run.tell({ ask: at });
    const wish = { ...(reader === undefined ? {} : { reader }), ...(signal === undefined ? {} : { signal }) };
    const connection = await run.readers.nextCard(wish);
    const result = await oneCard(run, connection, at);
    run.tell(result);
    if (!isGone(result)) results.push(result);
    await run.readers.emptied(connection.reader, signal);
  }
  return results;
}

const isGone = <T>(result: CardResult<T>): boolean => 'refusal' in result && result.refusal.code === 'cardGone';

async function oneCard<T>(
  { policy, work }: LongRun<T>,
  connection: Awaited<ReturnType<CardReaders['nextCard']>>,
  at: number,
): Promise<CardResult<T>> {
  try {
    const card = await openCard(connection, policy);
    try {
      return { at, value: await work(card, at) };
    } finally {
      await card.close();
    }
  } catch (error) {
    if (error instanceof PkiError) return { at, refusal: error };
    throw error;
  }
}
