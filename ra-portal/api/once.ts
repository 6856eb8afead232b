/** Doing what was asked once, however often it is sent: Idempotency-Key, per person, for a day. */
import { createHash } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { openStore } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import {
  beginRequest,
  dropAnswersBefore,
  findRequest,
  forgetRequest,
  keepAnswer,
  resumeRequest,
  type AskedRequest,
} from '../store/api-answers.ts';
import { inOneStep } from '../store/database.ts';
import type { Answer } from './operation.ts';

/** Seconds for which an answer is kept. */
export const keptFor = 24 * 3_600;
/** Seconds after which a request that never ended is taken to have died: its effect and its answer are one step. */
const runsAtMost = 180;

export interface Asked {
  /** Who asks. */
  readonly subject: string;
  /** The header's value. */
  readonly key: string;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly octets: Uint8Array;
}

export interface Work {
  readonly isAtOnce: boolean;
  readonly run: (parts: PortalParts) => Promise<Answer>;
  /** What a refusal is answered with; null for what is no refusal. */
  readonly refusal: (error: unknown) => Answer | null;
}

/** The same for every repetition; hexadecimal, 64 digits. Throws idempotencyKeyMissing. */
export function requestIdOf({ subject, key }: Pick<Asked, 'subject' | 'key'>): string {
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) throw new PkiError('idempotencyKeyMissing');
  return hashOf(`${subject}\n${key}`);
}

/**
 * The answer, and whether it is that of an earlier sending. Throws idempotencyKeyMissing, idempotencyKeyReused (with
 * another request), idempotencyKeyBusy (it still runs), and what is no refusal.
 */
export async function once(
  parts: PortalParts,
  asked: Asked,
  work: Work,
): Promise<{ readonly answer: Answer; readonly isReplayed: boolean }> {
  const request = requestOf(asked);
  const begun = await begin(parts, request);
  if (begun.answer !== null) return { answer: openAnswer(parts, request, begun.answer), isReplayed: true };
  return { answer: await doOnce(parts, { request, begunAt: begun.at }, work), isReplayed: false };
}

export async function forgetOldAnswers({ database, clock }: PortalParts): Promise<void> {
  await dropAnswersBefore(database, clock.now() - keptFor);
}

function requestOf({ subject, key, method, path, octets }: Asked): AskedRequest {
  const requestHash = createHash('sha256').update(`${method} ${path}\n`).update(octets).digest('hex');
  return { subject, keyHash: requestIdOf({ subject, key }), requestHash };
}

type Begun = { readonly answer: string } | { readonly answer: null; readonly at: number };

async function begin({ database, clock }: PortalParts, request: AskedRequest): Promise<Begun> {
  const at = clock.now();
  if (await beginRequest(database, request, at)) return { answer: null, at };
  const before = await findRequest(database, request);
  if (before === null) throw new PkiError('idempotencyKeyBusy', { seconds: 1 });
  const isOld = at - before.begunAt > keptFor;
  if (isOld) {
    await dropAnswersBefore(database, at - keptFor);
    return begin({ database, clock } as PortalParts, request);
  }
  if (before.requestHash !== request.requestHash) throw new PkiError('idempotencyKeyReused');
  if (before.answer !== null) return { answer: before.answer };
  const isDead = at - before.begunAt > runsAtMost;
  if (isDead && (await resumeRequest(database, request, { from: before.begunAt, at }))) return { answer: null, at };
  throw new PkiError('idempotencyKeyBusy', { seconds: 1 });
}

interface Running {
  readonly request: AskedRequest;
  readonly begunAt: number;
}

/** Effect and answer are kept together or not at all. A refusal has no effect; what may pass by itself is not kept. */
async function doOnce(parts: PortalParts, { request, begunAt }: Running, work: Work): Promise<Answer> {
  const keep = async (on: PortalParts, answer: Answer): Promise<Answer> => {
    const sealed = sealAnswer(parts, request, answer);
    if (await keepAnswer(on.database, request, { begunAt, answer: sealed })) return answer;
    throw new PkiError('idempotencyKeyBusy', { seconds: 1 });
  };
  try {
    if (!work.isAtOnce) return await keep(parts, await work.run(parts));
    return await inOneStep(parts.database, async trx => {
      const inside = { ...parts, database: trx, ca: openStore(trx) };
      return keep(inside, await work.run(inside));
    });
  } catch (error) {
    const refused = work.refusal(error);
    if (refused !== null && isForGood(refused)) return keep(parts, refused);
    await forgetRequest(parts.database, request, begunAt);
    throw error;
  }
}

/** The same request would be refused again. */
const isForGood = ({ status }: Answer): boolean => status < 500 && status !== 429;

const placeOf = ({ subject, keyHash }: AskedRequest) => ({ owner: subject, id: `answer:${keyHash}` });

/** Answers hold names and codes: they lie in the database under the portal's own key. */
function sealAnswer({ uploadSeal }: PortalParts, request: AskedRequest, answer: Answer): string {
  return uploadSeal.close(Buffer.from(JSON.stringify(answer)), placeOf(request)).toString('base64');
}

function openAnswer({ uploadSeal }: PortalParts, request: AskedRequest, sealed: string): Answer {
  return JSON.parse(uploadSeal.open(Buffer.from(sealed, 'base64'), placeOf(request)).toString('utf8')) as Answer;
}

const hashOf = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
