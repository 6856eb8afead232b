/** From documents to signatures: what the LRA attests, and the list that two officers approve afterwards. */
import {
  listRoot,
  noteEvent,
  openStore,
  sampleOf,
  signaturesNeeded,
  type AttestationDocument,
  type ListDocument,
} from '../../ca-core/index.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { issuingCa, type PortalParts } from '../parts.ts';
import { keepJob, type BulkJob } from '../store/bulk-jobs.ts';
import { looksOf } from '../store/bulk-looks.ts';
import { rowsLeftOut } from '../store/bulk-orders.ts';
import { moveRows, numberRows, orderListed } from '../store/bulk-rows.ts';
import type { Database } from '../store/database.ts';

/** All rows have their document: they get their places, and the LRA the document to attest. */
export async function askForAttestation(parts: PortalParts, trx: Database, job: BulkJob): Promise<void> {
  const at = parts.clock.now();
  const digests = await numberRows(trx, job.id);
  if (digests.length === 0) {
    await keepJob(trx, job, { state: 'finished', changedAt: at, finishedAt: at });
    return;
  }
  const ca = openStore(trx);
  const document: AttestationDocument = {
    kind: 'attestation',
    version: 1,
    ca: (await issuingCa(ca)).id,
    organisation: job.organisation,
    profile: profileOf(parts, job),
    size: digests.length,
    root: listRoot(digests),
    file: job.fileHash,
    attestedAt: at,
  };
  const attestationDigest = await ca.documents.putList(document, digests, at);
  await keepJob(trx, job, { state: 'awaitingAttestation', attestationDigest, changedAt: at });
  const details = { attestation: attestationDigest, rows: String(digests.length) };
  await note(trx, { at, action: 'bulk.documentsMade', subject: job.id, details });
}

/**
 * Once the LRA has attested: draws the rows that the officers look at, and writes the list for them, held until they have.
 * False while the signature is not there.
 */
export async function makeAttestedList(parts: PortalParts, trx: Database, job: BulkJob): Promise<boolean> {
  const ca = openStore(trx);
  const digest = job.attestationDigest ?? '';
  const [attested] = await ca.approvals.of(digest);
  const document = (await ca.documents.find(digest))?.document;
  if (attested === undefined || document?.kind !== 'attestation') return false;
  const at = parts.clock.now();
  const { profile, size, root } = document;
  const sample = sampleOf({ digest, assertion: attested.assertion, size }, parts.policies.identity.sample);
  const list: ListDocument = {
    kind: 'list',
    version: 1,
    ca: document.ca,
    profile,
    size,
    root,
    attestation: digest,
    sample,
  };
  const listDigest = await ca.documents.putList(list, await ca.documents.listedDigests(digest), at);
  await ca.attestedLists.hold(listDigest, { actor: 'ra-portal', at });
  await keepJob(trx, job, { state: 'awaitingApproval', listDigest, sample, changedAt: at });
  const details = { list: listDigest, sample: sample.join(' ') };
  await note(trx, { at, action: 'bulk.sampled', subject: job.id, details });
  return true;
}

/** Once two officers have signed who each looked at every row of the sample: the CA core may begin. False until then. */
export async function letRun(parts: PortalParts, trx: Database, job: BulkJob): Promise<boolean> {
  const ca = openStore(trx);
  const listDigest = job.listDigest ?? '';
  const signed = await ca.approvals.of(listDigest);
  if (signed.length < signaturesNeeded.list) return false;
  const looks = await looksOf(trx, job);
  const sample = job.sample ?? [];
  const hasLooked = (memberId: string): boolean =>
    sample.every(position => looks.some(look => look.memberId === memberId && look.position === position));
  if (!signed.every(({ memberId }) => hasLooked(memberId))) return false;
  const at = parts.clock.now();
  await orderListed(trx, job.id, at);
  const leftOut = await rowsLeftOut(trx, job.id);
  await moveRows(trx, job.id, leftOut, { to: 'failed', at, code: 'documentVoided' });
  await ca.attestedLists.goOn(listDigest, { actor: 'ra-portal', at });
  await keepJob(trx, job, { state: 'running', changedAt: at, startedAt: at });
  return true;
}

function profileOf({ policies }: PortalParts, job: BulkJob): AttestationDocument['profile'] {
  const profile = policies.profiles.get(job.profile);
  if (profile === undefined) throw new PkiError('profileUnknown');
  return { name: profile.name, hash: profile.hash };
}

interface JobEvent {
  readonly at: number;
  readonly action: string;
  readonly subject: string;
  readonly details: Readonly<Record<string, string>>;
}

const note = (trx: Database, event: JobEvent): Promise<void> =>
  noteEvent(trx, { service: 'ra-portal', actor: 'ra-portal', ...event });
