/** What only one program of a home may do: follow the database, sign beforehand, check itself. Workers answer from its files. */
import { lockHome, type KeyStore, type SchedulePolicy, type Store } from '../ca-core/index.ts';
import type { Clock, UnixTime } from '../ca-core/clock.ts';
import type { Log } from '../ca-core/log.ts';
import type { DeskNews } from './desk-news.ts';
import { openPrimaryDesk, type PrimaryDesk } from './issuer-desk.ts';
import { furtherIssuers, pinnedIssuers, type PinnedIssuer } from './issuer-pin.ts';
import { openResponderKeys } from './keys.ts';
import type { Responder } from './respond.ts';
import { openSelfCheck } from './self-check.ts';
import { openSharedDesk, type SharedDesk } from './shared-desk.ts';
import { openSwinging } from './swinging.ts';

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
  const { store, home, policy, clock, log } = parts;
  const rooms: Room[] = [];
  for (const pinned of await pinnedIssuers(home, store.issuers)) rooms.push(await openRoom(pinned, parts));
  const desks = rooms.map(({ desk }) => desk);
  const responder = openSwinging({ desks: rooms.map(({ own }) => own), policy, clock, log });
  const selfCheck = openSelfCheck({ desks, store, responder, clock, log });
  const trouble = { reason: '' };
  const state = (): ResponderState => stateOf(desks, selfCheck.disagreements(), { trouble: trouble.reason, clock });
  const beat = beats(parts, state);
  const tell = async (): Promise<void> => {
    for (const { desk, own } of rooms) await own.take(desk.news());
  };
  /** What a ceremony has put into the home since. */
  const takeUp = async (): Promise<void> => {
    trouble.reason = 'a further issuing CA cannot be taken up';
    for (const pinned of await furtherIssuers(
      home,
      rooms.map(({ folder }) => folder),
    )) {
      const room = await openRoom(pinned, parts);
      rooms.push(room);
      desks.push(room.desk);
      responder.seat(rooms.map(({ own }) => own));
      log.info({ ca: pinned.ca }, 'a further issuing CA is answered for');
    }
    trouble.reason = '';
  };
  return {
    responder,
    hasSigner: () => desks.every(desk => desk.signer() !== undefined),
    state,
    news: () => desks.map(desk => desk.news()),
    round: () =>
      inTurn([takeUp, ...desks.map(desk => desk.follow), ...desks.map(desk => desk.advanceSigner), tell, beat]),
    prepare: () => inTurn(desks.map(desk => desk.answers.round)),
    check: selfCheck.round,
    close: async () => {
      rooms.forEach(({ own }) => own.close());
      for (const desk of desks) await desk.close();
      unlock();
    },
  };
}

/** One issuing CA: what the primary does for it, and how it answers for it like a worker. */
interface Room {
  readonly folder: string;
  readonly desk: PrimaryDesk;
  readonly own: SharedDesk;
}

async function openRoom(pinned: PinnedIssuer, parts: OcspResponderParts): Promise<Room> {
  const { store, passphraseFile, policy, clock, log } = parts;
  const openKeys = (home: string): Promise<KeyStore> => openResponderKeys({ home, passphraseFile });
  const { folder } = pinned;
  const desk = await openPrimaryDesk({ store, keys: await openKeys(folder), pinned, policy, clock, log });
  return { folder, desk, own: await openSharedDesk(desk.news(), { openKeys, policy, clock, log }) };
}

interface Surroundings {
  /** Why a further issuing CA is not answered for; empty where all are. */
  readonly trouble: string;
  readonly clock: Clock;
}

function stateOf(
  desks: readonly PrimaryDesk[],
  disagreements: readonly string[],
  { trouble, clock }: Surroundings,
): ResponderState {
  const reachedAt = Math.min(...desks.map(desk => desk.statuses.reached().at));
  const unfit = desks.filter(desk => desk.signer() === undefined);
  const isDeaf = clock.now() > reachedAt + deafAfter;
  const signers = desks.map(desk => desk.signer()?.certificate.serialNumber ?? '');
  const alarms = [
    ...unfit.map(() => 'no fit signer'),
    ...(trouble === '' ? [] : [trouble]),
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
