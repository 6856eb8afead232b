/** Rows become cases with a document each, so many at once: killed at any moment it goes on with the next ones. */
import { checkIdentity, openStore, type CertificateProfile, type EvidenceRecord } from '../../ca-core/index.ts';
import { PkiError, type Violation } from '../../ca-core/errors.ts';
import type { CertificateApplication } from '../applications/application.ts';
import { drawReceptionNumber } from '../applications/codes.ts';
import { isMistakesOfNames, namesOf } from '../applications/preview.ts';
import type { CaseContent } from '../officer/case-file.ts';
import { documentOf } from '../officer/make-document.ts';
import { issuingCa, type PortalParts } from '../parts.ts';
import { addCases, type BulkCase } from '../store/bulk-cases.ts';
import type { BulkJob } from '../store/bulk-jobs.ts';
import { confirmedVariations } from '../store/confirmed-variations.ts';
import { moveRows, noteDocuments, rowsWithoutDocument, type BulkRow } from '../store/bulk-rows.ts';
import type { Database } from '../store/database.ts';
import { domainProofs } from '../store/domain-proofs.ts';

const documentsAtOnce = 100;
/** Seconds for which a look at a domain counts (S/MIME BR §4.2.1: 398 days). */
const oldestProof = 398 * 86_400;

interface MadeCase {
  readonly rowNumber: number;
  readonly content: CaseContent;
}

/** Makes the next documents of a job, inside the caller's step. How many rows it went through: 0 when all is done. */
export async function makeDocuments(parts: PortalParts, trx: Database, job: BulkJob): Promise<number> {
  const rows = await rowsWithoutDocument(trx, job.id, documentsAtOnce);
  if (rows.length === 0) return 0;
  const at = parts.clock.now();
  const profile = parts.policies.profiles.get(job.profile);
  if (profile === undefined) throw new PkiError('profileUnknown');
  const domains = await domainProofs(trx, job.organisation, at - oldestProof);
  const variations = await confirmedVariations(trx, job.organisation);
  const cases = rows.map(row => ({
    rowNumber: row.rowNumber,
    content: contentOf(parts, { job, row, profile, domains, variations, at }),
  }));
  for (const { rowNumber, content } of cases.filter(isFaulty)) {
    const fault = { missing: content.violations.map(({ rule, field }) => `${rule} ${field}`) };
    await moveRows(trx, job.id, [rowNumber], { to: 'failed', at, code: 'identityInsufficient', fault });
  }
  await putDocuments(trx, job, { cases: cases.filter(one => !isFaulty(one)), at });
  return rows.length;
}

const isFaulty = ({ content }: MadeCase): boolean => content.violations.length > 0;

async function putDocuments(
  trx: Database,
  job: BulkJob,
  { cases, at }: { readonly cases: readonly MadeCase[]; readonly at: number },
): Promise<void> {
  const ca = openStore(trx);
  const editors = [job.lraMember];
  const ground = { ca: (await issuingCa(ca)).id, editors, edition: 1 };
  const made: BulkCase[] = [];
  const noted: { rowNumber: number; caseId: string; digest: string }[] = [];
  for (const { rowNumber, content } of cases) {
    const digest = await ca.documents.put(documentOf(content, ground), at);
    const application = { ...content.application, documentDigest: digest };
    made.push({ application, evidence: content.evidence });
    noted.push({ rowNumber, caseId: application.caseId, digest });
  }
  await addCases(trx, made, { register: job.register, editors, at });
  await noteDocuments(trx, job.id, noted);
}

interface RowGround extends EvidenceGround {
  /** How the organisation is written otherwise, as officers confirmed before. */
  readonly variations: CaseContent['variations'];
  readonly row: BulkRow;
  readonly at: number;
}

function contentOf(parts: PortalParts, ground: RowGround): CaseContent {
  const { job, row, profile, variations, at } = ground;
  const { claim } = row.content;
  const evidence = evidenceOf(row, ground);
  const names = namesOf(parts, profile, { claim, register: job.register });
  const input = {
    claim,
    evidence,
    register: job.register,
    confirmedVariations: [...variations],
    attestedBy: job.lraMember,
  };
  const violations: readonly Violation[] = [
    ...checkIdentity(profile, input, parts.policies, at),
    ...(isMistakesOfNames(names) ? names : []),
  ];
  return {
    application: applicationOf(job, row, at),
    profile,
    register: job.register,
    kept: [],
    evidence,
    variations,
    names: isMistakesOfNames(names) ? null : names,
    violations,
  };
}

function applicationOf(job: BulkJob, { content }: BulkRow, at: number): CertificateApplication {
  const { keyAlgorithm: algorithm, sealTo, compatibility } = job;
  const key = { from: 'server', algorithm, sealTo, container: 'pkcs12' } as const;
  return {
    caseId: drawReceptionNumber(at),
    state: 'inReview',
    language: job.language,
    profile: job.profile,
    claim: content.claim,
    subjectKey: compatibility === 1 ? { ...key, compatibility: true } : key,
    typed: content.typed,
    mailboxProvedAt: null,
    decision: null,
    documentDigest: null,
    submittedAt: at,
    changedAt: at,
  };
}

interface EvidenceGround {
  readonly job: BulkJob;
  readonly profile: CertificateProfile;
  readonly domains: ReadonlyMap<string, EvidenceRecord>;
}

/** What the LRA says it saw of the person, that the person is of the organisation, and what officers saw of its domain. */
function evidenceOf({ content }: BulkRow, { job, profile, domains }: EvidenceGround): EvidenceRecord[] {
  const { claim, seen } = content;
  const belongs = { document: 'employer-statement', method: 'affiliation', seenAt: job.createdAt };
  const said = profile.checks?.affiliation == null ? seen : [...seen, belongs];
  const proof = domains.get(claim.mailbox.split('@').at(-1)?.toLowerCase() ?? '');
  const attested = said.map(({ document, method, seenAt }): EvidenceRecord => ({
    method,
    document,
    issuer: '',
    // The numbers of people's documents are not asked for.
    number: '',
    validUntil: null,
    seenAt,
    seenBy: job.lraMember,
    result: 'accepted',
  }));
  return proof === undefined ? attested : [...attested, proof];
}
