/** A list of people that an organisation's LRA attested and two officers signed; or whatever somebody makes of one. */
import { randomUUID } from 'node:crypto';
import type { Approval } from '../../ca-core/approvals/approval.ts';
import { sampleOf } from '../../ca-core/approvals/attestation.ts';
import { digestOf, encodeDocument, type CaseDocument } from '../../ca-core/approvals/documents.ts';
import type { AttestationDocument, ListDocument } from '../../ca-core/approvals/list-documents.ts';
import { listPaths, listRoot } from '../../ca-core/approvals/list.ts';
import { invite } from '../../ca-core/console.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { settle, type ACa } from './a-ca.ts';
import { enrol, type Officer } from './an-officer.ts';
import { demoNumber } from './demo-case.ts';

/** An LRA comes onto the roll by two officers' signatures, for the demo's organisation unless another is named. */
export async function anLra(
  platform: ACa,
  core: OpenCa,
  { id = 'lra-hana', organisations = [demoNumber] }: { readonly id?: string; readonly organisations?: string[] } = {},
): Promise<Officer> {
  const lra = await enrol(platform.console, await invite(platform.console, id, 'lra', organisations));
  const [waiting] = await platform.store.documents.awaiting(['roll']);
  if (waiting === undefined) throw new Error('no roll waits for signatures');
  await platform.approve(waiting.document);
  await settle(core);
  return lra;
}

/** A case as a job makes it: seen by the LRA, its mailbox vouched for by the organisation's domain. */
export function anAttestedCase(
  platform: ACa,
  lra: Pick<Officer, 'memberId'>,
  change: Partial<CaseDocument> = {},
): CaseDocument {
  const { evidence } = platform.aCase();
  const seen = evidence.filter(({ seenBy }) => seenBy !== 'mailbox-proof');
  return platform.aCase({
    evidence: seen.map(one => ({ ...one, seenBy: lra.memberId })),
    editors: [lra.memberId],
    ...change,
  });
}

/** Everything that an order of such a list carries. */
export interface AttestedList {
  readonly cases: readonly CaseDocument[];
  readonly attestation: AttestationDocument;
  readonly attested: Approval;
  readonly list: ListDocument;
  readonly approvals: readonly Approval[];
}

export interface ListChange {
  readonly attestation?: Partial<AttestationDocument>;
  readonly list?: Partial<ListDocument>;
}

export function anAttestedList(
  platform: ACa,
  lra: Officer,
  cases: readonly CaseDocument[],
  change: ListChange = {},
): AttestedList {
  const digests = cases.map(one => digestOf(encodeDocument(one)));
  const [first] = cases;
  if (first === undefined) throw new Error('a list of nobody');
  const { ca, profile } = first;
  const rows = { ca, profile, size: cases.length, root: listRoot(digests) };
  const attestation: AttestationDocument = {
    ...{ kind: 'attestation', version: 1, ...rows, organisation: demoNumber, file: 'f1'.repeat(32) },
    attestedAt: platform.clock.now(),
    ...change.attestation,
  };
  const attested = lra.approve(attestation);
  const digest = digestOf(encodeDocument(attestation));
  const drawn = sampleOf({ digest, assertion: attested.assertion, size: rows.size }, platform.policies.identity.sample);
  const list: ListDocument = { kind: 'list', version: 1, ...rows, attestation: digest, sample: drawn, ...change.list };
  return { cases, attestation, attested, list, approvals: platform.officers.map(officer => officer.approve(list)) };
}

type Row = Readonly<Record<string, unknown>>;

/** Writes the order of one row as the desk would; `change` is what an attacker writes instead. The reception number. */
export async function insertListed(
  platform: ACa,
  { cases, attestation, attested, list, approvals }: AttestedList,
  position: number,
  change: Row = {},
): Promise<string> {
  const document = cases[position];
  if (document === undefined) throw new Error('no such row');
  const path = listPaths(cases.map(one => digestOf(encodeDocument(one))))[position];
  const text = encodeDocument(document);
  await platform.database('issuance_orders').insert({
    id: randomUUID(),
    case_id: document.caseId,
    digest: digestOf(text),
    document: text,
    state: 'waiting',
    created_at: platform.clock.now(),
    approvals: JSON.stringify(approvals),
    list: JSON.stringify({ text: encodeDocument(list), position, path }),
    attested_list: digestOf(encodeDocument(list)),
    attestation: JSON.stringify({ text: encodeDocument(attestation), approval: attested }),
    ...change,
  });
  return document.caseId;
}
