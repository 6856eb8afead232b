/** What only one program of a home may do: follow the database, sign beforehand, check itself. Workers answer from its files. */
import { join } from 'node:path';
import { lockHome, restoredMarkIn, type KeyStoreHealth, type SchedulePolicy, type Store } from '../ca-core/index.ts';
import type { Clock, UnixTime } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import type { Log } from '../ca-core/log.ts';
import type { DeskNews } from './desk-news.ts';
import { openPrimaryDesk, type PrimaryDesk } from './issuer-desk.ts';
import { furtherIssuers, pinnedIssuers, type PinnedIssuer } from './issuer-pin.ts';
import { openResponderKeys, type ResponderKeys } from './keys.ts';
import type { Responder } from './respond.ts';
import { openRootAnswers } from './root-answers.ts';
import { openSelfCheck } from './self-check.ts';
import { openSharedDesk, type SharedDesk } from './shared-desk.ts';
import { openSwinging } from './swinging.ts';

export interface OcspResponderParts {
  readonly store: Pick<Store, 'certificates' | 'crls' | 'issuers' | 'signers' | 'states' | 'status'>;
  /** The responder's own folder. */
  readonly home: string;
  readonly passphraseFile: string;
  /** Where its keys are: `file`, which is also what nothing means, or a pkcs11: URI. */
  readonly keys?: string | undefined;
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

/** Throws alreadyRunning where another responder has this home, recoveryNeeded where it was put back from a backup: what it forgot might be a revocation. */
export async function openOcspResponder(parts: OcspResponderParts): Promise<OcspResponder> {
  if (restoredMarkIn(parts.home) !== undefined)
    throw new PkiError('recoveryNeeded', {
      reasons: ['its home was put back from a backup'],
      command: 'kakuin recover',
    });
  const unlock = lockHome(parts.home);
  try {
    const keys = await openResponderKeys(parts);
    return await openLocked(parts, { keys, unlock }).catch(async (error: unknown) => {
      await keys.close();
      throw error;
    });
  } catch (error) {
    unlock();
    throw error;
  }
}

interface Held {
  readonly keys: ResponderKeys;
  readonly unlock: () => void;
}

async function openLocked(parts: OcspResponderParts, { keys, unlock }: Held): Promise<OcspResponder> {
  const { store, home, policy, clock, log } = parts;
  const rooms: Room[] = [];
  for (const pinned of await pinnedIssuers(home, store.issuers)) rooms.push(await openRoom(pinned, parts, keys));
  const desks = rooms.map(({ desk }) => desk);
  const roots = openRootAnswers(join(home, 'roots'), { clock, log });
  roots.follow();
  const responder = openSwinging({ desks: rooms.map(({ own }) => own), roots, policy, clock, log });
  const selfCheck = openSelfCheck({ desks, store, responder, clock, log });
  const trouble = { reason: '' };
  const state = (): ResponderState =>
    stateOf(desks, selfCheck.disagreements(), { trouble: trouble.reason, keys: keys.health(), clock });
  const beat = beats(parts, state);
  const tell = async (): Promise<void> => {
    for (const { desk, own } of rooms) await own.take(desk.news());
  };
  /** What a ceremony has put into the home since. */
  const takeUp = async (): Promise<void> => {
    roots.follow();
    trouble.reason = 'a further issuing CA cannot be taken up';
    for (const pinned of await furtherIssuers(
      home,
      rooms.map(({ folder }) => folder),
    )) {
      const room = await openRoom(pinned, parts, keys);
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
      await keys.close();
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

async function openRoom(pinned: PinnedIssuer, parts: OcspResponderParts, keys: ResponderKeys): Promise<Room> {
  const { store, policy, clock, log } = parts;
  const { folder } = pinned;
  const desk = await openPrimaryDesk({ store, keys: keys.of(folder), pinned, policy, clock, log });
  return { folder, desk, own: await openSharedDesk(desk.news(), { keys, policy, clock, log }) };
}

interface Surroundings {
  /** Why a further issuing CA is not answered for; empty where all are. */
  readonly trouble: string;
  /** How the place of the signers' keys is. */
  readonly keys: KeyStoreHealth;
  readonly clock: Clock;
}

function stateOf(
  desks: readonly PrimaryDesk[],
  disagreements: readonly string[],
  { trouble, keys, clock }: Surroundings,
): ResponderState {
  const reachedAt = Math.min(...desks.map(desk => desk.statuses.reached().at));
  const unfit = desks.filter(desk => desk.signer() === undefined);
  const isDeaf = clock.now() > reachedAt + deafAfter;
  const signers = desks.map(desk => desk.signer()?.certificate.serialNumber ?? '');
  const alarms = [
    ...unfit.map(() => 'no fit signer'),
    ...(keys.state === 'green' ? [] : [`the signer's key is out of reach: ${keys.reason}`]),
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
