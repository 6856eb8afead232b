/** What the primary tells its workers of one issuing CA, each second. */
import type { UnixTime } from '../ca-core/clock.ts';
import type { AnswerPlace } from './answer-file.ts';
import type { SignerNotice } from './signer.ts';
import type { ListedSigner } from './signer-list.ts';

export interface DeskNews {
  /** SHA-256 of the issuing CA's SubjectPublicKeyInfo, hex. */
  readonly ca: string;
  /** Where the signer's keys are. */
  readonly folder: string;
  /** The issuing CA's certificate, DER in hex. */
  readonly issuer: string;
  readonly statusFile: string;
  /** How many records the status file has. */
  readonly slots: number;
  /** By when everything in it was known. */
  readonly reachedAt: UnixTime;
  readonly place: AnswerPlace;
  readonly signers: readonly ListedSigner[];
  /** Null where no signer is fit. */
  readonly signer: SignerNotice | null;
}
