/**
 * One token from blank to a person's own, step by step, each step kept before the next. Up to `ordered` it may be made
 * again from the start; from there on exactly this key is certified, and a token that lost it is damaged.
 */
import { randomBytes } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { equalBytes, fromHex, toHex, type Der } from '../../ca-core/x509/der.ts';
import { signatureOver } from '../../ca-core/x509/signed.ts';
import { encodeBareRequest } from '../bare-request.ts';
import type { PersonalToken } from './personal-token.ts';
import { troubleWith } from './token-failure.ts';
import type { TokenSlots } from './token-slots.ts';
import type { Journal, TokenJob, TokenStep, TokenWork } from './token-work.ts';
import type { Vault } from './vault.ts';

export interface IssuedCertificate {
  readonly certificate: Der;
  readonly chain: readonly Der[];
}

/** failed: nothing came of it and nothing will; the token is blank, and the officers decide anew. */
export type Outcome = 'active' | 'damaged' | 'failed';

/** The portal as the station sees it. Each call may be made again: the same answer, and nothing done twice. */
export interface TokenDesk {
  /** Before anything of the token is touched. Throws tokenState where it is in somebody's hands, tokenJobState. */
  readonly take: (job: TokenJob) => Promise<void>;
  /** Hands the PKCS#10 in, signed by this station. Throws tokenKeyTwice where another was handed in before. */
  readonly order: (job: TokenJob, certificationRequest: Der) => Promise<void>;
  /** Undefined as long as it is not issued. Throws orderRefused {reason} where it never will be. */
  readonly certificate: (job: TokenJob) => Promise<IssuedCertificate | undefined>;
  readonly report: (job: TokenJob, outcome: Outcome, reason: string) => Promise<void>;
}

export interface StationParts {
  readonly slots: TokenSlots;
  readonly vault: Vault;
  readonly journal: Journal;
  readonly desk: TokenDesk;
}

/** done: reported as active, damaged or failed · waiting: the CA has not issued yet; ask again. */
export type Progress = { readonly state: 'done' | 'waiting'; readonly work: TokenWork };

/**
 * Goes on where it stopped until it is done or has to wait. Throws tokenUnavailable {what: gone}: put that very token in
 * and call again; {what: unfit}: the token refuses, and a person must look.
 */
export async function personalise(parts: StationParts, job: TokenJob): Promise<Progress> {
  let work = parts.journal.find(job.jobId) ?? begin(parts.journal, job);
  for (;;) {
    const next = await step(parts, work);
    if (next === undefined) return { state: work.step === 'ordered' ? 'waiting' : 'done', work };
    parts.journal.put(next);
    work = next;
  }
}

function begin(journal: Journal, job: TokenJob): TokenWork {
  const work: TokenWork = { job, step: 'begun', publicKey: null, request: null, reason: null };
  journal.put(work);
  return work;
}

type Taken = TokenWork | undefined;

/** The work one step further; undefined where nothing is to be done now. */
async function step(parts: StationParts, work: TokenWork): Promise<Taken> {
  const steps: Readonly<Record<TokenStep, () => Promise<Taken> | Taken>> = {
    begun: () => makeKey(parts, work),
    keyed: () => order(parts, work),
    ordered: () => write(parts, work),
    written: () => prove(parts, work),
    proven: () => reportActive(parts, work),
    reported: () => undefined,
    damaged: () => undefined,
    failed: () => undefined,
  };
  return steps[work.step]();
}

/** Erases the token first, so that nothing of an earlier try stays on it; never one that this station knows in use. */
async function makeKey({ slots, vault, journal, desk }: StationParts, work: TokenWork): Promise<TokenWork> {
  const { tokenSerial: serial, label, algorithm } = work.job;
  if (isInUse(journal, work.job)) throw new PkiError('tokenInUse', { serial });
  await desk.take(work.job);
  const [likely = '', ...others] = vault.soPins(serial);
  const pins = vault.draw(serial);
  try {
    slots.initialise(serial, likely, pins, label);
  } catch (error) {
    const [other] = others;
    if (other === undefined || !isPinWrong(error)) throw error;
    slots.initialise(serial, other, pins, label);
  }
  vault.settle(serial);
  return using(slots.open(serial, pins.user), async token => {
    const key = token.generateKey(label, algorithm);
    const request = await encodeBareRequest(key);
    return { ...work, step: 'keyed', publicKey: toHex(key.publicKey), request: toHex(request) };
  });
}

/**
 * A certificate is on it, or on its way, by another job: whatever the portal says by now, nobody erases that unasked. Who
 * has the token back says so here (`Journal.forget`).
 */
function isInUse(journal: Journal, { jobId, tokenSerial }: TokenJob): boolean {
  const past: readonly TokenStep[] = ['ordered', 'written', 'proven', 'reported'];
  return journal
    .all()
    .some(({ job, step }) => job.tokenSerial === tokenSerial && job.jobId !== jobId && past.includes(step));
}

const isPinWrong = (error: unknown): boolean =>
  error instanceof PkiError && error.values.reason === 'CKR_PIN_INCORRECT';

/** A key that is gone before it was ordered is made anew. */
async function order({ slots, vault, desk }: StationParts, work: TokenWork): Promise<TokenWork> {
  const { job, request, publicKey } = work;
  if (request === null || publicKey === null) return { ...work, step: 'begun' };
  const isThere = await using(openToken({ slots, vault }, job), token => token.keyOf(fromHex(publicKey)) !== undefined);
  if (!isThere) return { ...work, step: 'begun', publicKey: null, request: null };
  await desk.order(job, fromHex(request));
  return { ...work, step: 'ordered' };
}

async function write(parts: StationParts, work: TokenWork): Promise<Taken> {
  const { job } = work;
  const issued = await askFor(parts, job);
  if (issued === undefined) return undefined;
  if ('refused' in issued) return report(parts, { ...work, reason: issued.refused }, 'failed');
  const publicKey = fromHex(work.publicKey ?? '');
  if (!equalBytes(readCertificate(issued.certificate).subjectPublicKeyInfo, publicKey))
    return report(parts, { ...work, reason: 'the certificate is for another key' }, 'damaged');
  const isWritten = await using(openToken(parts, job), token => {
    if (token.keyOf(publicKey) === undefined) return false;
    token.putCertificates(issued.certificate, issued.chain, job.label);
    return true;
  });
  if (isWritten) return { ...work, step: 'written' };
  return report(parts, { ...work, reason: 'the key is not on the token any more' }, 'damaged');
}

async function askFor(
  { desk }: StationParts,
  job: TokenJob,
): Promise<IssuedCertificate | { readonly refused: string } | undefined> {
  try {
    return await desk.certificate(job);
  } catch (error) {
    if (!(error instanceof PkiError) || error.code !== 'orderRefused') throw error;
    return { refused: `the CA refused: ${String(error.values.reason)}` };
  }
}

/** Everything is read back in a session of its own, and the key signs what nobody knew before. */
async function prove(parts: StationParts, work: TokenWork): Promise<TokenWork> {
  const { job } = work;
  const issued = await parts.desk.certificate(job);
  if (issued === undefined) throw troubleWith('unfit', 'the certificate is gone from the portal');
  const publicKey = fromHex(work.publicKey ?? '');
  const fault = await using(openToken(parts, job), async token => {
    const there = token.certificates();
    const isWhole = [issued.certificate, ...issued.chain].every(der => there.some(other => equalBytes(other, der)));
    if (!isWhole) return 'a certificate was not read back as it was written';
    return (await signsWith(token, publicKey)) ? null : 'its key is gone or does not sign';
  });
  return fault === null ? { ...work, step: 'proven' } : report(parts, { ...work, reason: fault }, 'damaged');
}

async function signsWith(token: PersonalToken, publicKey: Der): Promise<boolean> {
  const key = token.keyOf(publicKey);
  if (key === undefined) return false;
  try {
    await signatureOver(randomBytes(32), key);
    return true;
  } catch (error) {
    if (error instanceof PkiError && error.code === 'signerUnfit') return false;
    throw error;
  }
}

/** One that was revoked meanwhile is not handed out. */
async function reportActive(parts: StationParts, work: TokenWork): Promise<TokenWork> {
  try {
    return await report(parts, work, 'active');
  } catch (error) {
    if (!(error instanceof PkiError) || error.code !== 'alreadyRevoked') throw error;
    return report(parts, { ...work, reason: 'its certificate is revoked already' }, 'damaged');
  }
}

async function report({ desk }: Pick<StationParts, 'desk'>, work: TokenWork, outcome: Outcome): Promise<TokenWork> {
  await desk.report(work.job, outcome, work.reason ?? '');
  return { ...work, step: outcome === 'active' ? 'reported' : outcome };
}

/** A person at the desk ends a job that cannot go on. Throws what the desk throws. */
export async function endByHand(
  parts: Pick<StationParts, 'desk' | 'journal'>,
  job: TokenJob,
  { outcome, reason }: { readonly outcome: 'damaged' | 'failed'; readonly reason: string },
): Promise<void> {
  const before = parts.journal.find(job.jobId) ?? begin(parts.journal, job);
  parts.journal.put(await report(parts, { ...before, reason }, outcome));
}

function openToken({ slots, vault }: Pick<StationParts, 'slots' | 'vault'>, { tokenSerial }: TokenJob): PersonalToken {
  return slots.open(tokenSerial, vault.userPin(tokenSerial));
}

async function using<T>(token: PersonalToken, work: (token: PersonalToken) => T | Promise<T>): Promise<T> {
  try {
    return await work(token);
  } finally {
    token.close();
  }
}
