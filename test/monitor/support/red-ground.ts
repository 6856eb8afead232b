/** The one watched CA in which every red state is caused, and which readings were red in it so far. */
import type { ReadingName } from '../../../ca-core/index.ts';
import type { Monitor } from '../../../monitor/open-monitor.ts';
import { redIn, seenBy, type WatchedCa } from './a-watched-ca.ts';

export interface RedGround {
  /** There once a test runs; after each one its services are well again. */
  readonly world: WatchedCa;
  readonly caused: Set<ReadingName>;
}

/** What is red, and remembers which readings were caused to be so. */
export async function redBy({ caused }: RedGround, monitor: Monitor): Promise<string[]> {
  const red = redIn(await seenBy(monitor));
  for (const one of red) caused.add(one.split(' ')[0] as ReadingName);
  return red;
}
