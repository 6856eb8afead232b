/** The key that signs answers and its certificate: asked for, checked, renewed with a new key, never replaced by another. */
import { checkSigner, fromHex, keyIdentifier, readCertificate, toHex } from '../ca-core/index.ts';
import type { Certificate, KeyStore, SchedulePolicy, SigningKey, Store } from '../ca-core/index.ts';
import type { Clock } from '../ca-core/clock.ts';
import type { Violation } from '../ca-core/errors.ts';
import type { Log } from '../ca-core/log.ts';
import { nextKeyLabel } from './keys.ts';
import type { SignerRecord, SignerRecordFile } from './signer-record.ts';
import { signStatement } from './signer-request.ts';

export interface FitSigner {
  readonly key: SigningKey;
  readonly certificate: Certificate;
  /** SHA-1 of the public key bits: ResponderID byKey. */
  readonly keyHash: Uint8Array;
}

export interface SignerParts {
  readonly keys: KeyStore;
  readonly record: SignerRecordFile;
  readonly requests: Pick<Store['signers'], 'request' | 'find'>;
  readonly issuer: Certificate;
  /** SHA-256 of the issuing CA's SubjectPublicKeyInfo, hex. */
  readonly ca: string;
  /** In seconds. */
  readonly policy: SchedulePolicy['ocsp']['signer'];
  readonly clock: Clock;
  readonly log: Log;
}

/** What another program of the same home needs to sign with the same key. */
export interface SignerNotice {
  readonly label: string;
  /** DER, hex. */
  readonly certificate: string;
}

export interface Signer {
  /** The same object as long as it is fit; undefined when there is none. */
  readonly fit: () => FitSigner | undefined;
  /** How to come by what is fit now. */
  readonly notice: () => SignerNotice | null;
  /** Takes the next step towards a fit signer: opens, asks, looks for the answer, renews. Repeat it. */
  readonly advance: () => Promise<void>;
}

/** A request that was refused or has vanished is made anew after this many seconds. */
const patience = 60;

export async function openSigner(parts: SignerParts): Promise<Signer> {
  let record = await parts.record.read();
  let isKeyAway = false;
  /** A key that was certified before may be away for now: what was signed beforehand goes on, and it is tried again. */
  let current = await fitSignerOf(record, parts).catch((error: unknown) => {
    if (record.current.certificate === null) throw error;
    parts.log.error({ err: error }, 'the key of the signer could not be opened');
    isKeyAway = true;
    return undefined;
  });
  const fit = (): FitSigner | undefined => unexpired(current, parts.clock);
  return {
    fit,
    notice: () => {
      const { label, certificate } = record.current;
      return fit() === undefined || certificate === null ? null : { label, certificate };
    },
    advance: async () => {
      const before = record.current;
      if (isKeyAway) current = await fitSignerOf(record, parts);
      isKeyAway = false;
      record = await step(record, current, parts);
      if (record.current === before) return;
      current = await fitSignerOf(record, parts);
    },
  };
}

export function unexpired(signer: FitSigner | undefined, clock: Clock): FitSigner | undefined {
  return signer !== undefined && signer.certificate.notAfter >= clock.now() ? signer : undefined;
}

async function fitSignerOf({ current }: SignerRecord, parts: SignerParts): Promise<FitSigner | undefined> {
  const { label, certificate } = current;
  if (certificate !== null) return openFitSigner({ label, certificate }, parts);
  await parts.keys.open(label);
  return undefined;
}

/** Undefined, and an alarm in the log, where the certificate does not make the key a fit signer now. */
export async function openFitSigner(
  notice: SignerNotice,
  parts: Pick<SignerParts, 'keys' | 'issuer' | 'policy' | 'clock' | 'log'>,
): Promise<FitSigner | undefined> {
  const key = await parts.keys.open(notice.label);
  const certificate = readCertificate(fromHex(notice.certificate));
  const violations = violationsOf(certificate, key.publicKey, parts);
  if (violations.length === 0) return { key, certificate, keyHash: keyIdentifier(key.publicKey) };
  parts.log.error({ violations, serialNumber: certificate.serialNumber }, 'the signer certificate is not fit');
  return undefined;
}

function violationsOf(
  certificate: Certificate,
  publicKey: Uint8Array,
  { issuer, policy, clock }: Pick<SignerParts, 'issuer' | 'policy' | 'clock'>,
): Violation[] {
  return checkSigner(certificate, { issuer, publicKey, now: clock.now(), maxLifetime: policy.maxLifetime });
}

/** The record after one step; the same `current` unless a new certificate was taken. */
async function step(record: SignerRecord, fit: FitSigner | undefined, parts: SignerParts): Promise<SignerRecord> {
  const { next } = record;
  if (next === null) return isRenewalDue(fit, parts) ? ask(record, parts) : record;
  if (next.requestId === null) return ask(record, parts);
  const request = await parts.requests.find(next.requestId);
  if (request?.state === 'issued' && request.certificate !== null) return take(record, request.certificate, parts);
  if (request?.state === 'waiting' || parts.clock.now() < next.askedAt + patience) return record;
  const refusal = request?.refusal ?? 'no answer';
  parts.log.error({ refusal, requestId: next.requestId }, 'the CA core has not certified the responder');
  return ask(record, parts);
}

/** Days are left for mending whatever keeps a renewal from succeeding. */
function isRenewalDue(fit: FitSigner | undefined, { clock, policy }: SignerParts): boolean {
  return fit === undefined || clock.now() >= fit.certificate.notAfter - policy.renewBefore;
}

/**
 * Asks for the next key, or for the very first one by itself. The record is written before the request, so that a number is never
 * used twice and a new key is never forgotten.
 */
async function ask(record: SignerRecord, parts: SignerParts): Promise<SignerRecord> {
  const label = record.next?.label ?? labelToAsk(record);
  const labels = await parts.keys.labels();
  const key = await (labels.includes(label) ? parts.keys.open(label) : parts.keys.generate(label, parts.policy.key));
  const sequence = record.sequence + 1;
  const askedAt = parts.clock.now();
  const asking: SignerRecord = { ...record, sequence, next: { label, requestId: null, askedAt } };
  await parts.record.write(asking);
  const previous = await previousKey(record, key, parts);
  const signed = await signStatement({ ca: parts.ca, key, previous, sequence, requestedAt: askedAt });
  const requestId = await parts.requests.request({ issuer: parts.ca, ...signed, at: askedAt });
  const asked: SignerRecord = { ...asking, next: { label, requestId, askedAt } };
  await parts.record.write(asked);
  return asked;
}

function labelToAsk({ current }: SignerRecord): string {
  return current.certificate === null ? current.label : nextKeyLabel(current.label);
}

/**
 * The pinned key is the current one. Only where its certificate was issued and lost on the way is it already the next
 * one: every other repetition tries that.
 */
async function previousKey(record: SignerRecord, key: SigningKey, { keys }: SignerParts): Promise<SigningKey> {
  const isRepeated = record.next !== null && record.next.requestId !== null;
  return isRepeated && record.sequence % 2 === 1 ? key : keys.open(record.current.label);
}

async function take(record: SignerRecord, der: Uint8Array, parts: SignerParts): Promise<SignerRecord> {
  const label = record.next?.label ?? record.current.label;
  const { publicKey } = await parts.keys.open(label);
  const violations = violationsOf(readCertificate(der), publicKey, parts);
  if (violations.length > 0) {
    parts.log.error({ violations }, 'the CA core gave a certificate that is not fit for answering');
    const now = parts.clock.now();
    return now < (record.next?.askedAt ?? 0) + patience ? record : ask(record, parts);
  }
  const taken: SignerRecord = { ...record, current: { label, certificate: toHex(der) }, next: null };
  await parts.record.write(taken);
  return taken;
}
