/** Many people of the fictional organisation, as an LRA's job has them, and what is signed over them. */
import {
  type Approval,
  type AttestationDocument,
  type CaseDocument,
  digestOf,
  encodeDocument,
  type ListDocument,
  listRoot,
  sampleOf,
} from '../../ca-core/index.ts';
import { aCaseDocument } from '../approvals/a-case-document.ts';
import { ca, type DeskOnTrial } from './a-desk.ts';

export interface LongList {
  readonly cases: readonly CaseDocument[];
  readonly attestation: AttestationDocument;
  readonly digest: string;
}

/** Keeps `size` cases and the attestation over them; `change` spoils one case before. */
export async function aLongList(
  { store, clock, lra }: DeskOnTrial,
  size: number,
  change: (document: CaseDocument, position: number) => CaseDocument = document => document,
): Promise<LongList> {
  const sealTo = '5fd47633b5e43fca7bad1bfbe424feacb175d9d4d4a30f166dbd30636f0b446b';
  const subjectKey = { from: 'server', algorithm: 'rsa-2048', sealTo, container: 'pkcs12' } as const;
  const model = aCaseDocument({ ca, subjectKey });
  const seen = model.evidence.slice(0, 1).map(one => ({ ...one, seenBy: lra.id }));
  const cases = Array.from({ length: size }, (_, at) => {
    const claim = { ...model.claim, kanjiName: `見本 ${at + 1}号`, mailbox: `mihon${at + 1}@example.jp` };
    const own = { caseId: `K26-${String(at + 1).padStart(5, '0')}`, editors: [lra.id], confirmedVariations: [] };
    return change({ ...model, ...own, claim, evidence: seen }, at);
  });
  const digests = await store.documents.putAll(cases, clock.time);
  const attestation: AttestationDocument = {
    ...{ kind: 'attestation', version: 1, ca, organisation: '9999999999999', profile: model.profile, size },
    ...{ root: listRoot(digests), file: 'f1'.repeat(32), attestedAt: clock.time },
  };
  return { cases, attestation, digest: await store.documents.putList(attestation, digests, clock.time) };
}

/** The list that two officers sign, once the LRA has: its sample follows from the LRA's signature. */
export async function listOver(
  { store, clock }: DeskOnTrial,
  { cases, attestation, digest }: LongList,
): Promise<string> {
  const [attested] = await store.approvals.of(digest);
  if (attested === undefined) throw new Error('nobody attested it');
  return store.documents.putList(listDocumentOf(attestation, attested), digestsOf(cases), clock.time);
}

export function listDocumentOf(attestation: AttestationDocument, { assertion }: Approval): ListDocument {
  const { profile, size, root } = attestation;
  const digest = digestOf(encodeDocument(attestation));
  const sample = sampleOf({ digest, assertion, size }, { oneIn: 100, least: 10, most: 100 });
  return { kind: 'list', version: 1, ca, profile, size, root, attestation: digest, sample };
}

const digestsOf = (cases: readonly CaseDocument[]): string[] => cases.map(one => digestOf(encodeDocument(one)));
