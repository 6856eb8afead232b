/** Signs answers before anybody asks, keeps them in files, and renews each before half its life. */
import { setImmediate as breathe } from 'node:timers/promises';
import { encodeCertId, issuerForms, signatureOver, type Certificate, type SchedulePolicy } from '../ca-core/index.ts';
import type { Clock, UnixTime } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import type { Log } from '../ca-core/log.ts';
import { openAnswerFiles, type AnswerFiles, type AnswerPlace } from './answer-file.ts';
import { slotHead, type StoredAnswer } from './answer-slot.ts';
import { composeResponseData, isForgotten, lintComposed, refreshAtOf, timesOf } from './compose.ts';
import type { AnswerPolicy, AnswerTimes } from './compose.ts';
import { openDueTimes, type DueTimes } from './due-times.ts';
import { preparedForms } from './prepared-forms.ts';
import type { FitSigner } from './signer.ts';
import { openSignerList, type ListedSigner, type SignerList } from './signer-list.ts';
import type { OwnStatuses } from './status-store.ts';

export interface PreProducerParts {
  /** For the answers' files. */
  readonly folder: string;
  readonly issuer: Certificate;
  readonly statuses: Pick<OwnStatuses, 'map' | 'reached'>;
  readonly signer: () => FitSigner | undefined;
  readonly policy: AnswerPolicy & Pick<SchedulePolicy['ocsp'], 'signer'>;
  readonly clock: Clock;
  readonly log: Log;
}

export interface PreProducer {
  readonly place: AnswerPlace;
  readonly signers: () => readonly ListedSigner[];
  /** To be called in the same turn in which a status changes: its answers are gone for every worker at once. */
  readonly purge: (slot: number) => void;
  /** Signs whatever is due, news first, until nothing is. Throws when the signer fails. */
  readonly round: () => Promise<void>;
  /** How many certificates have their answers ready. */
  readonly ready: () => number;
  /** Ends a round that is under way. */
  readonly close: () => Promise<void>;
}

/** Signed side by side: enough for the thread pool, few enough to leave the workers their cores. */
const atOnce = 16;

/** Longest signature of each kind of key, and room for one SingleResponse with archiveCutoff. */
const signatureLengths = { 'p-256': 72, 'p-384': 104, 'rsa-2048': 256, 'rsa-3072': 384 } as const;
const roomForData = 272;
const roomForName = { byKey: 24, byName: 200 } as const;

export async function openPreProducer(parts: PreProducerParts): Promise<PreProducer> {
  const { folder, statuses, policy } = parts;
  const room = slotHead + roomForData + roomForName[policy.responderId] + signatureLengths[policy.signer.key];
  const files = openAnswerFiles(folder, preparedForms.length, Math.ceil(room / 4) * 4);
  const signers = openSignerList(folder);
  const due = openDueTimes();
  await takeStock(files, due, statuses.map);
  const forms = issuerForms(parts.issuer);
  const floor: Floor = {
    ...parts,
    files,
    signers,
    due,
    forms: preparedForms.map(form => forms[form] ?? forms[0] ?? new Uint8Array(0)),
  };
  const news: number[] = [];
  let isClosed = false;
  let working: Promise<void> = Promise.resolve();
  return {
    place: files.place,
    signers: signers.all,
    purge: slot => {
      files.erase(slot);
      due.forget(slot);
      news.push(slot);
    },
    round: () => (working = roundOf(floor, news, () => isClosed)),
    ready: due.ready,
    close: async () => {
      isClosed = true;
      await working.catch(() => undefined);
      files.close();
    },
  };
}

interface Floor extends PreProducerParts {
  readonly files: AnswerFiles;
  readonly signers: SignerList;
  readonly due: DueTimes;
  /** The prepared ones. */
  readonly forms: readonly Uint8Array[];
}

/** What the files still hold of each certificate. An answer about another status than the one we know is taken out. */
async function takeStock(files: AnswerFiles, due: DueTimes, map: OwnStatuses['map']): Promise<void> {
  const stale: number[] = [];
  for (const [turn] of preparedForms.entries()) {
    const times = new Uint32Array(map.size());
    await files.scan(turn, map.size(), (slot, stamp, dueAt) => {
      if (map.stampAt(slot) === stamp) times[slot] = dueAt;
      else stale.push(slot);
    });
    times.forEach((dueAt, slot) =>
      due.set(slot, { at: turn === 0 ? dueAt : Math.min(dueAt, due.at(slot)), thisUpdate: 0 }),
    );
  }
  for (const slot of stale) {
    files.erase(slot);
    due.forget(slot);
  }
}

async function roundOf(floor: Floor, news: number[], isClosed: () => boolean): Promise<void> {
  const { clock, due, statuses } = floor;
  let slot = 0;
  while (!isClosed()) {
    const now = clock.now();
    const reachedAt = Math.min(statuses.reached().at, now);
    const batch = news.splice(0, atOnce);
    for (; slot < statuses.map.size() && batch.length < atOnce; slot++) {
      if (due.isDue(slot, { now, reachedAt })) batch.push(slot);
    }
    if (batch.length === 0) return;
    const signer = floor.signer();
    const { validity } = floor.policy;
    const times = signer && timesOf(reachedAt, now, { validity, notAfter: signer.certificate.notAfter });
    if (signer === undefined || times === undefined) return;
    await Promise.all(batch.map(one => produce(one, { signer, times }, floor)));
    await breathe();
  }
}

interface Making {
  readonly signer: FitSigner;
  readonly times: AnswerTimes;
}

/** Both forms of one certificate's answer; nothing is written when its status has changed meanwhile. */
async function produce(slot: number, { signer, times }: Making, floor: Floor): Promise<void> {
  const { serialNumber, status, stamp } = floor.statuses.map.at(slot);
  const { due, policy, files } = floor;
  const { now, thisUpdate, nextUpdate } = times;
  if (isForgotten(status, now, policy)) {
    files.erase(slot);
    due.set(slot, { at: now + policy.refreshEvery, thisUpdate });
    return;
  }
  const refreshAt = spread(slot, now, refreshAtOf(times, policy));
  const signed = await Promise.all(
    floor.forms.map(form => signOne(encodeCertId(form, serialNumber), { status, signer, times }, floor)),
  );
  if (floor.statuses.map.stampAt(slot) !== stamp) return;
  const index = floor.signers.indexOf(signer);
  for (const [turn, one] of signed.entries()) {
    if (one !== undefined) files.write(turn, slot, { ...one, signer: index, thisUpdate, nextUpdate, refreshAt, stamp });
  }
  due.set(slot, { at: refreshAt, thisUpdate });
}

/** Undefined, and an alarm in the log, when the octets break a rule: then it is left to those who ask. */
async function signOne(
  certId: Uint8Array,
  { status, signer, times }: Making & { readonly status: ReturnType<OwnStatuses['map']['at']>['status'] },
  { policy, log }: Floor,
): Promise<Pick<StoredAnswer, 'responseData' | 'signature' | 'certIdAt'> | undefined> {
  const composition = { asked: [{ certId, known: status, origin: 'own' as const }], signer, times, nonce: null };
  const responseData = composeResponseData(composition, policy);
  try {
    lintComposed(responseData, composition, policy);
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    log.error({ err: error }, 'an answer breaks a rule and is not kept');
    return undefined;
  }
  const signature = await signatureOver(responseData, signer.key);
  return { responseData, signature, certIdAt: Buffer.from(responseData.buffer).indexOf(certId) };
}

/** Up to a quarter earlier, so that what was signed in one go does not come due in one go. */
function spread(slot: number, now: UnixTime, refreshAt: UnixTime): UnixTime {
  const quarter = Math.floor((refreshAt - now) / 4);
  return quarter <= 0 ? refreshAt : refreshAt - ((Math.imul(slot, 0x9e3779b1) >>> 0) % quarter);
}
