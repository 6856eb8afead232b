/** How each service is, as it last said so. */
import type { Store } from '../../ca-core/index.ts';

type ServiceState = Awaited<ReturnType<Store['states']['all']>>[number];

/** A service that beats every few seconds is taken for gone after this long without a word. */
const silentAfter = 60;
/** These beat; what else there is (`audit-copy`, `keys-audit`, `ca-core clock`) is told when it changes, or once a night. */
const beating = /^(ca-core( \d+)?|ocsp-responder|crl-publisher)$/;
export const caCoreWorker = /^ca-core( \d+)?$/;

export interface ToldState extends ServiceState {
  readonly isSilent: boolean;
}

export async function toldStates(store: Pick<Store, 'states'>, now: number): Promise<readonly ToldState[]> {
  const states = await store.states.all();
  return states.map(one => ({ ...one, isSilent: beating.test(one.service) && now - one.seenAt > silentAfter }));
}

/** What exit code 1 is for. */
export const isTrouble = ({ state, isSilent }: ToldState): boolean => isSilent || state === 'red';

export const wordFor = ({ state, isSilent }: ToldState): string => (isSilent ? 'silent' : state);
