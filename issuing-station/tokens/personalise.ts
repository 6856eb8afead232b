/**
 * One token from blank to a person's own, step by step, each step kept before the next. Up to `ordered` it may be made
 * again from the start; from there on exactly this key is certified, and a token that lost it is damaged.
 */
import { randomBytes } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { equalBytes, fromHex, implicit, integer, sequence, set, toHex, type Der } from '../../ca-core/x509/der.ts';
import { signatureOver, signed, type SigningKey } from '../../ca-core/x509/signed.ts';
import type { PersonalToken } from './personal-token.ts';
import { troubleWith } from './token-failure.ts';
import type { TokenSlots } from './token-slots.ts';
import type { Journal, TokenJob, TokenStep, TokenWork } from './token-work.ts';
import type { Vault } from './vault.ts';

export interface IssuedCertificate {
  readonly certificate: Der;
  readonly chain: readonly Der[];
}

/** The portal as the station sees it. Each call may be made again: the same answer, and nothing done twice. */
export interface TokenDesk {
  /** Hands the PKCS#10 in, signed by this station. Throws digestMismatch where another was handed in before. */
  readonly order: (job: TokenJob, certificationRequest: Der) => Promise<void>;
  /** Undefined as long as it is not issued. Throws what the CA core refused it with. */
  readonly certificate: (job: TokenJob) => Promise<IssuedCertificate | undefined>;
  readonly report: (job: TokenJob, outcome: 'active' | 'damaged', reason: string) => Promise<void>;
}

export interface StationParts {
  readonly slots: TokenSlots;
  readonly vault: Vault;
  readonly journal: Journal;
  readonly desk: TokenDesk;
}

/** done: reported, active or damaged · waiting: the CA has not issued yet; ask again. */
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
    proven: () => report(parts, work, 'active'),
    reported: () => undefined,
    damaged: () => undefined,
  };
  return steps[work.step]();
}

/** Erases the token first, so that nothing of an earlier try stays on it. */
async function makeKey({ slots, vault }: StationParts, work: TokenWork): Promise<TokenWork> {
  const { tokenSerial: serial, label, algorithm } = work.job;
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
    const request = await encodeRequest(key);
    return { ...work, step: 'keyed', publicKey: toHex(key.publicKey), request: toHex(request) };
  });
}

const isPinWrong = (error: unknown): boolean =>
  error instanceof PkiError && error.values.reason === 'CKR_PIN_INCORRECT';

/** PKCS#10 (RFC 2986) without a name: that comes from the registers. */
function encodeRequest(key: SigningKey): Promise<Der> {
  return signed(sequence(integer(0), sequence(), key.publicKey, implicit(0, set())), key);
}

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
  const issued = await parts.desk.certificate(job);
  if (issued === undefined) return undefined;
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

async function report({ desk }: StationParts, work: TokenWork, outcome: 'active' | 'damaged'): Promise<TokenWork> {
  await desk.report(work.job, outcome, work.reason ?? '');
  return { ...work, step: outcome === 'active' ? 'reported' : 'damaged' };
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
