/** What only one program of a home may do: follow the database, sign beforehand, check itself. Workers answer from its files. */
import { lockHome, type KeyStore, type SchedulePolicy, type Store } from '../ca-core/index.ts';
import type { Clock, UnixTime } from '../ca-core/clock.ts';
import type { Log } from '../ca-core/log.ts';
import type { DeskNews } from './desk-news.ts';
import { openPrimaryDesk, type PrimaryDesk } from './issuer-desk.ts';
import { pinnedIssuers } from './issuer-pin.ts';
import { openResponderKeys } from './keys.ts';
import { openResponder, type Responder } from './respond.ts';
import { openSelfCheck } from './self-check.ts';
import { openSharedDesk, type SharedDesk } from './shared-desk.ts';

export interface OcspResponderParts {
  readonly store: Pick<Store, 'certificates' | 'crls' | 'issuers' | 'signers' | 'states' | 'status'>;
  /** The responder's own folder. */
  readonly home: string;
  readonly passphraseFile: string;
  readonly policy: SchedulePolicy['ocsp'];
  readonly clock: Clock;
  readonly log: Log;
}

/** How the responder is, for operators. */
export interface ResponderState {
  readonly state: 'green' | 'red';
  readonly detail: string;
  /** By when everything that it tells was known. */
  readonly reachedAt: UnixTime;
  readonly certificates: number;
  /** Of them with answers signed beforehand. */
  readonly prepared: number;
  readonly disagreements: number;
}

export interface OcspResponder {
  /** Answers in this very program, from the same files as the workers: for the self-check. */
  readonly responder: Responder;
  readonly hasSigner: () => boolean;
  readonly state: () => ResponderState;
  readonly news: () => readonly DeskNews[];
  /** Catches up with the database and takes the next step towards a fit signer. Throws what went wrong, after doing the rest. */
  readonly round: () => Promise<void>;
  /** Signs what is due beforehand; may take minutes, and may run beside the rounds. */
  readonly prepare: () => Promise<void>;
  /** Compares a sample of answers with CRL and database. */
  readonly check: () => Promise<void>;
  readonly close: () => Promise<void>;
}

/** How often it tells the database that it is well, in seconds. */
const beatEvery = 10;
/** Nothing heard from the database for so long turns the state red. */
const deafAfter = 60;

/** Throws alreadyRunning where another responder has this home. */
export async function openOcspResponder(parts: OcspResponderParts): Promise<OcspResponder> {
  const unlock = lockHome(parts.home);
  try {
    return await openLocked(parts, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function openLocked(parts: OcspResponderParts, unlock: () => void): Promise<OcspResponder> {
  const { store, home, passphraseFile, policy, clock, log } = parts;
  const openKeys = (folder: string): Promise<KeyStore> => openResponderKeys({ home: folder, passphraseFile });
  const desks: PrimaryDesk[] = [];
  const own: SharedDesk[] = [];
  for (const pinned of await pinnedIssuers(home, store.issuers)) {
    const desk = await openPrimaryDesk({ store, keys: await openKeys(pinned.folder), pinned, policy, clock, log });
    desks.push(desk);
    own.push(await openSharedDesk(desk.news(), { openKeys, policy, clock, log }));
  }
  const responder = openResponder({ desks: own, policy, clock, log });
  const selfCheck = openSelfCheck({ desks, store, responder, clock, log });
  const state = (): ResponderState => stateOf(desks, selfCheck.disagreements(), clock);
  const beat = beats(parts, state);
  const tell = async (): Promise<void> => {
    for (const [turn, desk] of desks.entries()) await own[turn]?.take(desk.news());
  };
  return {
    responder,
    hasSigner: () => desks.every(desk => desk.signer() !== undefined),
    state,
    news: () => desks.map(desk => desk.news()),
    round: () => inTurn([...desks.map(desk => desk.follow), ...desks.map(desk => desk.advanceSigner), tell, beat]),
    prepare: () => inTurn(desks.map(desk => desk.answers.round)),
    check: selfCheck.round,
    close: async () => {
      own.forEach(desk => desk.close());
      for (const desk of desks) await desk.close();
      unlock();
    },
  };
}

function stateOf(desks: readonly PrimaryDesk[], disagreements: readonly string[], clock: Clock): ResponderState {
  const reachedAt = Math.min(...desks.map(desk => desk.statuses.reached().at));
  const unfit = desks.filter(desk => desk.signer() === undefined);
  const isDeaf = clock.now() > reachedAt + deafAfter;
  const signers = desks.map(desk => desk.signer()?.certificate.serialNumber ?? '');
  const alarms = [
    ...unfit.map(() => 'no fit signer'),
    ...(isDeaf ? ['the database is out of reach'] : []),
    ...(disagreements.length > 0 ? [`answers disagree: ${disagreements.slice(0, 3).join('; ')}`] : []),
  ];
  return {
    state: alarms.length > 0 ? 'red' : 'green',
    detail: alarms.length > 0 ? alarms.join('; ') : `signer ${signers.join(', ')}`,
    reachedAt,
    certificates: sum(desks.map(desk => desk.statuses.map.size())),
    prepared: sum(desks.map(desk => desk.answers.ready())),
    disagreements: disagreements.length,
  };
}

function beats({ store, clock }: OcspResponderParts, state: () => ResponderState): () => Promise<void> {
  let beatAt = 0;
  let lastDetail = '';
  return async () => {
    const seenAt = clock.now();
    const { state: colour, detail } = state();
    if (detail === lastDetail && seenAt < beatAt + beatEvery) return;
    await store.states.beat({ service: 'ocsp-responder', state: colour, detail, seenAt });
    beatAt = seenAt;
    lastDetail = detail;
  };
}

/** One failing part must not keep the others from their turn; the first failure is thrown when all are done. */
async function inTurn(parts: readonly (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const part of parts) await part().catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
