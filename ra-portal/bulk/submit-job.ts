/** A checked file becomes a job: its rows are kept, and nothing of them is issued before an LRA and two officers signed. */
import { PkiError } from '../../ca-core/errors.ts';
import { noteEvent, type CertificateProfile, type KeyAlgorithm } from '../../ca-core/index.ts';
import { drawLetters } from '../applications/codes.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { lookUp } from '../registers/look-up.ts';
import { addJob, type BulkJob } from '../store/bulk-jobs.ts';
import { addRows, type RowContent } from '../store/bulk-rows.ts';
import { custodiansOf, type Custodian } from '../store/custodians.ts';
import { inOneStep } from '../store/database.ts';
import type { Language } from '../words/language.ts';
import { attestingLra } from './attesting-lra.ts';

/** The longest job: what one list may hold. */
export const mostRows = 10_000;

export interface JobWish {
  readonly profile: CertificateProfile;
  readonly language: Language;
  readonly file: { readonly hash: string; readonly name: string };
  readonly delivery: BulkJob['delivery'];
  readonly keyAlgorithm: KeyAlgorithm;
  readonly compatibility: 0 | 1;
  /** Id of a person of the organisation who is not the LRA that submits. */
  readonly custodian: string;
  /** All of them checked (bulk/check-rows.ts). */
  readonly rows: readonly (RowContent & { readonly rowNumber: number })[];
}

/**
 * Keeps the job and its rows in one step. Throws approverUnknown (the LRA is not on the roll for the organisation),
 * custodianUnfit, keyUnacceptable, listInvalid {what: count}, fileTwice {job}, registerUnavailable.
 */
export async function submitJob(parts: PortalParts, lra: Person, wish: JobWish): Promise<BulkJob> {
  const { clock, ca } = parts;
  const at = clock.now();
  const organisation = lra.organisation ?? '';
  if (wish.rows.length === 0 || wish.rows.length > mostRows) throw new PkiError('listInvalid', { what: 'count' });
  checkKeys(wish);
  const member = await attestingLra(ca, lra);
  const custodian = await chosenCustodian(parts, lra, wish.custodian);
  const register = await lookUp(parts.registers, organisation, at);
  const asked = (name: 'nta' | 'robins'): boolean => wish.profile.registers.includes(name);
  const job: BulkJob = {
    id: `J${String(new Date(at * 1000).getUTCFullYear() % 100)}-${drawLetters(4)}-${drawLetters(4)}`,
    organisation,
    submittedBy: lra.id,
    lraMember: member.id,
    profile: wish.profile.name,
    language: wish.language,
    fileHash: wish.file.hash,
    fileName: wish.file.name.slice(0, 255),
    size: wish.rows.length,
    state: 'checked',
    delivery: wish.delivery,
    keyAlgorithm: wish.keyAlgorithm,
    compatibility: wish.compatibility,
    custodian: custodian.personId,
    sealTo: custodian.publicKey,
    register: { nta: asked('nta') ? register.nta : null, robins: asked('robins') ? register.robins : null },
    round: 1,
    attestationDigest: null,
    listDigest: null,
    sample: null,
    createdAt: at,
    changedAt: at,
    startedAt: null,
    finishedAt: null,
  };
  await keepNew(parts, job, wish.rows);
  return job;
}

/** What the profile lets a job order. Throws keyUnacceptable. */
function checkKeys({ profile, keyAlgorithm, compatibility }: JobWish): void {
  const { bulk, keys } = profile;
  const isAllowed =
    bulk?.containers.includes('pkcs12') === true &&
    keys.includes(keyAlgorithm) &&
    (compatibility === 0 || bulk.compatibility);
  if (!isAllowed) throw new PkiError('keyUnacceptable', { reason: 'profile' });
}

async function keepNew({ database }: PortalParts, job: BulkJob, rows: JobWish['rows']): Promise<void> {
  const { id, createdAt: at, submittedBy: actor, profile, fileHash, size, custodian } = job;
  await inOneStep(database, async trx => {
    await addJob(trx, job);
    await addRows(trx, job, rows);
    const details = { profile, file: fileHash, rows: String(size), custodian };
    await noteEvent(trx, { at, service: 'ra-portal', action: 'bulk.submitted', actor, subject: id, details });
  });
}

/** Throws custodianUnfit for nobody, somebody without a key, or the LRA itself. */
async function chosenCustodian(parts: PortalParts, lra: Person, id: string): Promise<Custodian> {
  const found = (await custodiansFor(parts, lra)).find(({ personId }) => personId === id);
  if (found === undefined) throw new PkiError('custodianUnfit');
  return found;
}

/** Whom an LRA may choose: others of the organisation with a key. */
export async function custodiansFor({ database }: PortalParts, lra: Person): Promise<readonly Custodian[]> {
  return (await custodiansOf(database, lra.organisation ?? '')).filter(({ personId }) => personId !== lra.id);
}
