/** What every way to an answer needs: whose certificates these are, what is known of them, who signs. */
import type { Certificate } from '../ca-core/index.ts';
import type { Clock, UnixTime } from '../ca-core/clock.ts';
import type { Log } from '../ca-core/log.ts';
import type { AnswerCache } from './answer-cache.ts';
import type { Answer } from './answer.ts';
import type { SerialSpan } from './cert-id-forms.ts';
import { timesOf, type AnswerPolicy, type Composition } from './compose.ts';
import type { NonceMoulds } from './nonce-mould.ts';
import type { RootAnswers } from './root-answers.ts';
import type { Sample } from './sample.ts';
import type { FitSigner } from './signer.ts';
import type { KnownStatus } from './status.ts';

/** All that is needed to answer for the certificates of one CA. */
export interface IssuerDesk {
  readonly issuer: Certificate;
  readonly statuses: {
    readonly of: (serialNumber: string) => KnownStatus | undefined;
    readonly reached: () => { readonly at: UnixTime };
  };
  /** Undefined while no certificate makes the responder's key a fit signer. */
  readonly signer: () => FitSigner | undefined;
  readonly prepared: PreparedAnswers;
}

export interface PreparedAnswers {
  /** The answer about this CertID that was signed beforehand and is still good; `form` as issuerForms counts. */
  readonly find: (form: number, certId: Buffer, serial: SerialSpan) => Answer | undefined;
}

export interface ResponderParts {
  readonly desks: readonly IssuerDesk[];
  /** What roots say of CA certificates. */
  readonly roots?: Pick<RootAnswers, 'find'>;
  readonly policy: AnswerPolicy;
  readonly clock: Clock;
  readonly log: Log;
  /** Answers that may wait for their signature at once; whoever comes then is told to try later. */
  readonly mostWaiting?: number;
}

export interface Hall extends ResponderParts {
  /** All forms of all issuers, and in the same order whose they are. */
  readonly forms: readonly Uint8Array[];
  readonly places: readonly { readonly desk: IssuerDesk; readonly form: number }[];
  readonly cache: AnswerCache;
  readonly sample: Sample;
  readonly moulds: NonceMoulds;
  waiting: number;
  complainedAt: UnixTime;
}

/** Undefined without a fit signer, and where what is known was known too long ago to be told. */
export function standingOf(
  desk: IssuerDesk,
  { clock, policy }: Hall,
): Pick<Composition, 'signer' | 'times'> | undefined {
  const signer = desk.signer();
  if (signer === undefined) return undefined;
  const { notAfter } = signer.certificate;
  const times = timesOf(desk.statuses.reached().at, clock.now(), { validity: policy.validity, notAfter });
  return times && { signer, times };
}
