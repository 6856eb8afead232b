import {
  type Approval,
  approvalLifetime,
  checkApproval,
  type RollDocument,
  type SignableDocument,
  signaturesNeeded,
  type StoredDocument,
} from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';
import { type Surroundings, readDocument } from './document-reading.ts';
import { approvalCredentials, type DeskGround, documentOf, listedOf, relyingPartyOf } from './ground.ts';
import { type ListRow, rowOf } from './list-reading.ts';
import { isMany, type ManyCases, readRows, rowsAt } from './many-rows.ts';
import { type ManyRows, readSample, readSums } from './many-rows-reading.ts';
import { massSums } from './mass-reading.ts';
import { japaneseTime, type Section } from './reading.ts';
import type { Words } from './words/words.ts';

/** All that the page of one document shows. */
export interface DocumentPage {
  readonly title: string;
  readonly subject: string;
  readonly createdAt: string;
  readonly digest: string;
  readonly text: string;
  readonly effect: string;
  readonly sections: readonly Section[];
  readonly signers: Signers;
  readonly needed: number;
  /** What became of a complete case, or null. */
  readonly state: string | null;
  readonly newer: string | null;
  /** What the document stood for has changed: it is shown, and signed no more. */
  readonly isVoided: boolean;
  /** The cases of a list; null for every other document. */
  readonly rows: readonly ListRow[] | null;
  /** The very texts of those cases, from which the page's script makes the root again. */
  readonly listed: readonly string[] | null;
  /** What is shown of a list that is too long for that; null for every other document. */
  readonly many: ManyRows | null;
  /** The certificates of a mass revocation in sums; null for every other document. */
  readonly mass: Section | null;
  readonly back: string;
  readonly signing: SigningTask;
}

/** What the page's script needs beyond the bytes; kind and CA it takes from the bytes themselves. */
export interface SigningTask {
  readonly rpId: string;
  readonly expiry: number;
  readonly credentials: readonly string[];
}

interface Signers {
  readonly verified: readonly string[];
  /** Names in rows whose signature does not hold. */
  readonly doubtful: readonly string[];
}

/** A server a little behind this one must not find the expiry too far ahead. */
const clockSlack = 300;

export async function documentPage(ground: DeskGround, digest: string, words: Words): Promise<DocumentPage> {
  const stored = await documentOf(ground, digest);
  const { document, text, subjectId } = stored;
  const current = await ground.store.rolls.current();
  const certificate = await certificateMeant(ground, document);
  const expiry = ground.clock.now() + approvalLifetime - clockSlack;
  const cases = document.kind === 'list' && !isMany(document) ? await listedOf(ground, document, digest) : null;
  return {
    title: words.documentKinds[document.kind],
    subject: words.subjects[document.kind](subjectId),
    createdAt: japaneseTime(stored.createdAt, words),
    digest,
    text,
    effect: words.effects[document.kind === 'list' && isMany(document) ? 'attestedList' : document.kind],
    sections: readDocument(
      document,
      { currentRoll: current, certificate, titles: ground.evidenceTitles[words.language] },
      words,
    ),
    signers: await signersOf(ground, stored, current?.roll),
    needed: signaturesNeeded[document.kind],
    state: await stateOf(ground, document, words),
    newer: await newerThan(ground, stored),
    isVoided: await ground.store.documents.isVoided(digest),
    rows: cases?.map(one => rowOf(one, words)) ?? null,
    listed: cases?.map(({ stored: { text: own } }) => own) ?? null,
    many: isMany(document) ? await manyRows(ground, { document, digest }, words) : null,
    mass: document.kind === 'massRevocation' ? await massSums(ground, document, words) : null,
    back: backTo(ground, document),
    signing: {
      rpId: relyingPartyOf(ground).rpId,
      expiry,
      credentials: approvalCredentials(current?.roll, document.kind),
    },
  };
}

async function manyRows(
  { store, evidenceTitles }: DeskGround,
  { document, digest }: { readonly document: ManyCases; readonly digest: string },
  words: Words,
): Promise<ManyRows> {
  const members = (await store.rolls.current())?.roll.members ?? [];
  const reading = { words, titles: evidenceTitles[words.language], members };
  const read = await readRows(store, document, digest);
  const { digests } = read;
  const sample = document.kind === 'list' ? (document.sample ?? []) : [];
  const rows = await rowsAt(store, { document, digest, digests }, sample);
  return { digests, sums: readSums(read, reading), sample: rows.map(row => readSample(row, reading)) };
}

async function certificateMeant(
  { store }: DeskGround,
  document: SignableDocument,
): Promise<Surroundings['certificate']> {
  if (document.kind !== 'revocation' && document.kind !== 'release') return undefined;
  return (await store.certificates.find(document.ca, document.serialNumber))?.certificate;
}

/** A row proves nothing: only a signature that holds now counts as one. */
async function signersOf(ground: DeskGround, stored: StoredDocument, roll: RollDocument | undefined): Promise<Signers> {
  const rows = await ground.store.approvals.of(stored.digest);
  const holds = (approval: Approval): boolean => {
    if (roll === undefined) return false;
    const { digest, kind, document } = stored;
    const check = {
      approval,
      digest,
      kind,
      ca: document.ca,
      roll,
      relyingParty: relyingPartyOf(ground),
      now: ground.clock.now(),
    };
    try {
      checkApproval(check);
      return true;
    } catch (error) {
      if (error instanceof PkiError) return false;
      throw error;
    }
  };
  const nameOf = (memberId: string): string => roll?.members.find(({ id }) => id === memberId)?.name ?? memberId;
  const named = rows.map(row => ({ name: nameOf(row.memberId), verified: holds(row) }));
  return {
    verified: named.filter(({ verified }) => verified).map(({ name }) => name),
    doubtful: named.filter(({ verified }) => !verified).map(({ name }) => name),
  };
}

async function stateOf({ store }: DeskGround, document: SignableDocument, words: Words): Promise<string | null> {
  if (document.kind !== 'case') return null;
  const order = await store.orders.ofCase(document.caseId);
  if (order === undefined) return null;
  return order.refusal === null ? words.states[order.state] : `${words.states[order.state]} (${order.refusal.code})`;
}

/** The link to the newest document about the same subject, unless this is it. */
async function newerThan(
  { store }: DeskGround,
  { kind, subjectId, digest, createdAt }: StoredDocument,
): Promise<string | null> {
  const [newest] = await store.documents.about(kind, subjectId);
  if (newest === undefined || newest.digest === digest || newest.createdAt <= createdAt) return null;
  return `/documents/${newest.digest}`;
}

function backTo({ portalUrl }: DeskGround, document: SignableDocument): string {
  if (document.kind === 'attestation') return `${portalUrl}/lra`;
  if (document.kind === 'massRevocation') return `${portalUrl}/officer/revocations`;
  return document.kind === 'case'
    ? `${portalUrl}/officer/cases/${encodeURIComponent(document.caseId)}`
    : `${portalUrl}/officer`;
}
