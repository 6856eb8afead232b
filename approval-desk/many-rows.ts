/**
 * A list that is too long to be read row by row: every row is read here all the same, and told in sums. What is found is
 * kept by the digest that was signed, which can stand for nothing else.
 */
import { setImmediate as othersFirst } from 'node:timers/promises';
import {
  type AttestationDocument,
  type CaseDocument,
  digestOf,
  fingerprintOf,
  foldMailbox,
  type ListDocument,
  type ListedCase,
  listRoot,
  type Member,
  type Store,
} from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';

export type ManyCases = (ListDocument & { readonly attestation: string }) | AttestationDocument;

/** How often each value stands in the rows; the values are as the documents have them. */
export type Counts = ReadonlyMap<string, number>;

/** What all rows of a list say, in sums. */
export interface RowsRead {
  /** Of each row, in its order. */
  readonly digests: readonly string[];
  /** `corporateNumber organisationName`. */
  readonly organisations: Counts;
  /** `method document seenBy`, each accepted look. */
  readonly evidence: Counts;
  /** `domain seenBy` of mail domains that officers looked at. */
  readonly domains: Counts;
  /** Where keys come from: `csr`, or `server algorithm container compatibility`. */
  readonly keys: Counts;
  /** Short fingerprints of the keys that something is sealed to. */
  readonly sealedTo: Counts;
  readonly validityDays: Counts;
  /** Whose certificates these are, and who typed them in: folded mailboxes; member ids and mailboxes. */
  readonly mailboxes: ReadonlySet<string>;
  readonly editors: ReadonlySet<string>;
}

const partSize = 250;
const mostKept = 16;
const kept = new Map<string, RowsRead>();

/** Whether a document is about so many cases that they are not shown one by one. */
export function isMany(document: { readonly kind: string; readonly attestation?: unknown }): document is ManyCases {
  return document.kind === 'attestation' || (document.kind === 'list' && document.attestation !== undefined);
}

/** Reads every row of a list, and proves that they are the ones its root stands for. Throws listInvalid. */
export async function readRows(store: Store, document: ManyCases, digest: string): Promise<RowsRead> {
  const known = kept.get(digest);
  if (known !== undefined) return known;
  const digests = await store.documents.listedDigests(digest);
  if (digests.length !== document.size || listRoot(digests) !== document.root) throw invalid(digest);
  const sums = emptySums();
  for (let from = 0; from < digests.length; from += partSize) {
    const part = await store.documents.listed(digest, { from, count: partSize });
    if (part.length !== Math.min(partSize, digests.length - from)) throw invalid(digest);
    for (const one of part) addTo(sums, caseOf(one, { digests, document }));
    await othersFirst();
  }
  const read = { ...sums, digests };
  if (kept.size >= mostKept) kept.clear();
  kept.set(digest, read);
  return read;
}

/** The rows at these places, each proved to be the one that the list means. Throws listInvalid. */
export async function rowsAt(
  store: Store,
  { digest, document, digests }: { digest: string; document: ManyCases; digests: readonly string[] },
  places: readonly number[],
): Promise<readonly ListedCase[]> {
  const rows: ListedCase[] = [];
  for (const from of places) {
    const [row] = await store.documents.listed(digest, { from, count: 1 });
    if (row === undefined) throw invalid(digest);
    caseOf(row, { digests, document });
    rows.push(row);
  }
  return rows;
}

/**
 * Nobody signs for rows in which their own certificate stands, and no officer for rows that the officer typed. Throws
 * approverIsApplicant, approverIsEditor.
 */
export function checkSigner({ mailboxes, editors }: RowsRead, signer: Member): void {
  const own = foldMailbox(signer.mailbox);
  if (mailboxes.has(own)) throw new PkiError('approverIsApplicant', { member: signer.id });
  if (signer.role !== 'officer') return;
  if (editors.has(signer.id) || editors.has(own)) throw new PkiError('approverIsEditor', { member: signer.id });
}

interface ListMeant {
  readonly digests: readonly string[];
  readonly document: ManyCases;
}

function caseOf({ stored, position }: ListedCase, { digests, document: list }: ListMeant): CaseDocument {
  const { document, digest, text } = stored;
  const isMeant = digests[position] === digest && digestOf(text) === digest;
  const isOfProfile = document.kind === 'case' && document.profile.hash === list.profile.hash;
  if (!isMeant || !isOfProfile || document.ca !== list.ca) throw invalid(digest);
  if (list.kind === 'attestation' && document.claim.corporateNumber !== list.organisation) throw invalid(digest);
  return document;
}

type Sums = ReturnType<typeof emptySums>;

const emptySums = () => ({
  organisations: new Map<string, number>(),
  evidence: new Map<string, number>(),
  domains: new Map<string, number>(),
  keys: new Map<string, number>(),
  sealedTo: new Map<string, number>(),
  validityDays: new Map<string, number>(),
  mailboxes: new Set<string>(),
  editors: new Set<string>(),
});

function addTo(sums: Sums, document: CaseDocument): void {
  const { claim, evidence, subjectKey, validityDays, editors = [] } = document;
  add(sums.organisations, `${claim.corporateNumber} ${claim.organisationName}`);
  add(sums.validityDays, String(validityDays));
  for (const { method, document: seen, seenBy, number, result } of evidence) {
    if (result !== 'accepted') continue;
    add(sums.evidence, `${method} ${seen} ${seenBy}`);
    // What is neither the LRA's nor the platform's word is an officer's, on the organisation's domain.
    if (seenBy !== 'mailbox-proof' && !editors.includes(seenBy)) add(sums.domains, `${number} ${seenBy}`);
  }
  if (subjectKey.from === 'server') {
    const { algorithm, container = 'sealed', compatibility, sealTo } = subjectKey;
    add(sums.keys, `server ${algorithm} ${container}${compatibility === true ? ' compatibility' : ''}`);
    add(sums.sealedTo, fingerprintOf(sealTo));
  } else {
    add(sums.keys, subjectKey.from);
  }
  sums.mailboxes.add(foldMailbox(claim.mailbox));
  for (const editor of editors) sums.editors.add(editor.includes('@') ? foldMailbox(editor) : editor);
}

function add(counts: Map<string, number>, value: string): void {
  counts.set(value, (counts.get(value) ?? 0) + 1);
}

const invalid = (digest: string): PkiError => new PkiError('listInvalid', { digest });
