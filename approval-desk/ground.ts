import {
  type DocumentKind,
  type ListDocument,
  type ListedCase,
  type RelyingParty,
  type RollDocument,
  type Store,
  type StoredDocument,
  digestOf,
  listRoot,
  type SampleSize,
  signersOf,
} from '../ca-core/index.ts';
import type { Clock } from '../ca-core/clock.ts';
import { PkiError } from '../ca-core/errors.ts';
import type { Log } from '../ca-core/log.ts';
import type { Language } from './words/languages.ts';

/** What the desk stands on. */
export interface DeskGround {
  readonly store: Store;
  /** SHA-256 of the issuing CA's SubjectPublicKeyInfo, hex. */
  readonly ca: string;
  /** Origins, without a path. The host of `url` is the RP ID of approval passkeys. */
  readonly url: string;
  readonly portalUrl: string;
  /** What policies/ calls each method and document of identity evidence, by its id. */
  readonly evidenceTitles: Readonly<Record<Language, Readonly<Record<string, string>>>>;
  /** How many rows of an attested list officers look at. */
  readonly sample: SampleSize;
  /** Folder of the compiled browser modules. */
  readonly scripts: string;
  /** How many authenticators an officer needs to approve anything. */
  readonly authenticators: number;
  readonly clock: Clock;
  readonly log: Log;
}

export function relyingPartyOf({ url }: DeskGround): RelyingParty {
  return { rpId: new URL(url).hostname, origin: url };
}

/** Throws notInitialised while there is no roll. */
export async function rollOf({ store }: DeskGround): Promise<RollDocument> {
  const current = await store.rolls.current();
  if (current === undefined) throw new PkiError('notInitialised');
  return current.roll;
}

/** The document with this digest: recomputed, since a row proves nothing. Throws documentUnknown, digestMismatch, documentMalformed. */
export async function documentOf({ store, ca }: DeskGround, digest: string): Promise<StoredDocument> {
  const stored = await store.documents.find(digest);
  if (stored === undefined) throw new PkiError('documentUnknown');
  if (digestOf(stored.text) !== digest) throw new PkiError('digestMismatch', { digest });
  const isOurs = stored.document.ca === ca || (await isIssuing(store, stored.document.ca));
  if (!isOurs) throw new PkiError('documentMalformed', { mistakes: ['for another CA'] });
  return stored;
}

/** The cases of a list, proved to be the ones that its root stands for. Throws listInvalid. */
export async function listedOf(
  { store }: DeskGround,
  list: ListDocument,
  digest: string,
): Promise<readonly ListedCase[]> {
  const cases = await store.documents.listed(digest);
  const isSound = cases.every(({ stored, position }, at) => position === at && digestOf(stored.text) === stored.digest);
  const digests = cases.map(({ stored }) => stored.digest);
  const isWhole = cases.length === list.size && isSound && listRoot(digests) === list.root;
  if (!isWhole) throw new PkiError('listInvalid', { digest });
  return cases;
}

/** A CA beside the first; whether it truly is one the CA core knows. */
async function isIssuing(store: Store, ca: string): Promise<boolean> {
  return (await store.issuers.list()).some(({ id, role }) => role === 'issuing' && id === ca);
}

/** Ids of the approval passkeys that may sign such a document: what an authenticator is asked for. */
export function approvalCredentials(roll: RollDocument | undefined, kind: DocumentKind = 'case'): readonly string[] {
  const signers = roll?.members.filter(({ role }) => role === signersOf[kind]) ?? [];
  return signers.flatMap(({ credentials }) => credentials.filter(({ use }) => use === 'approve').map(({ id }) => id));
}
