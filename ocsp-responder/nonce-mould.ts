/**
 * Answers to a nonce about certificates that are good differ, within a second, in CertID and nonce alone. So one of them
 * is written as every answer is, and the others are poured into its octets.
 */
import type { Der } from '../ca-core/index.ts';
import { composeResponseData, type AnswerPolicy, type AnswerTimes } from './compose.ts';
import type { FitSigner } from './signer.ts';
import type { KnownStatus } from './status.ts';

export interface NonceWish {
  readonly certId: Uint8Array;
  readonly nonce: Uint8Array;
  readonly known: KnownStatus;
  readonly signer: FitSigner;
  readonly times: AnswerTimes;
}

/** The same octets as composeResponseData gives; they are good until the next call. */
export type NonceMoulds = (wish: NonceWish) => Uint8Array;

export function openNonceMoulds(policy: AnswerPolicy): NonceMoulds {
  const moulds = new Map<number, Mould>();
  return wish => {
    const { certId, nonce, known, times } = wish;
    // What is revoked or has ended says more.
    if (known.status !== 'good' || known.notAfter < times.now) return compose(wish, policy);
    const kind = certId.length * 256 + nonce.length;
    const mould = moulds.get(kind);
    if (mould !== undefined && fits(mould, wish)) return pour(mould, wish);
    const responseData = compose(wish, policy);
    const certIdAt = Buffer.from(responseData.buffer).indexOf(certId);
    moulds.set(kind, { ...wish, responseData, certIdAt });
    return responseData;
  };
}

interface Mould extends Pick<NonceWish, 'signer' | 'times'> {
  readonly responseData: Der;
  readonly certIdAt: number;
}

function compose({ certId, known, nonce, signer, times }: NonceWish, policy: AnswerPolicy): Der {
  return composeResponseData({ asked: [{ certId, known, origin: 'own' }], signer, times, nonce }, policy);
}

function fits({ signer, times }: Mould, wish: NonceWish): boolean {
  const { now, thisUpdate, nextUpdate } = wish.times;
  if (signer !== wish.signer || times.now !== now) return false;
  return times.thisUpdate === thisUpdate && times.nextUpdate === nextUpdate;
}

/** The nonce is the last thing in a ResponseData (RFC 6960 §4.2.1). */
function pour({ responseData, certIdAt }: Mould, { certId, nonce }: NonceWish): Uint8Array {
  responseData.set(certId, certIdAt);
  responseData.set(nonce, responseData.length - nonce.length);
  return responseData;
}
