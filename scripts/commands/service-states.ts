/** How each service is, as it last said so. */
import { isBeating, type Store } from '../../ca-core/index.ts';

type ServiceState = Awaited<ReturnType<Store['states']['all']>>[number];

/** A service that beats every few seconds is taken for gone after this long without a word. */
const silentAfter = 60;
export const caCoreWorker = /^ca-core( \d+)?$/;

export interface ToldState extends ServiceState {
  readonly isSilent: boolean;
}

export async function toldStates(store: Pick<Store, 'states'>, now: number): Promise<readonly ToldState[]> {
  const states = await store.states.all();
  return states.map(one => ({ ...one, isSilent: isBeating(one.service) && now - one.seenAt > silentAfter }));
}

/** What exit code 1 is for. */
export const isTrouble = ({ state, isSilent }: ToldState): boolean => isSilent || state === 'red';

export const wordFor = ({ state, isSilent }: ToldState): string => (isSilent ? 'silent' : state);
