import { randomUUID } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { endOfDay, isoDate } from '../applications/as-typed.ts';
import type { PortalParts } from '../parts.ts';
import type { Database } from '../store/database.ts';
import { addUpload, moveUpload, sealedUpload, uploadsOf, type KeptUpload } from '../store/uploads.ts';
import { cleanFile, type CleanFile } from './clean-file.ts';
import { documentsFor } from './documents-for.ts';

const mostUploads = 10;

export interface GivenUpload {
  /** Id of policies/identity.yaml, as the form says. */
  readonly document: string;
  /** A day as people write it, or nothing. */
  readonly validUntil: string;
  readonly file: Buffer;
}

/** Cleans, seals and keeps one file. Throws fieldInvalid, dateInvalid, fileTooMany, fileKindUnknown, fileUnsafe, fileTooLarge. */
export async function takeUpload(
  parts: PortalParts,
  owner: string,
  given: GivenUpload & { readonly profile: string },
): Promise<KeptUpload> {
  const { database, clock, policies, uploadSeal } = parts;
  const known = documentsFor(policies, given.profile, clock.now()).flatMap(({ documents }) => documents);
  if (!known.some(({ id }) => id === given.document)) throw new PkiError('fieldInvalid', { field: 'document' });
  const day = given.validUntil === '' ? null : isoDate(given.validUntil);
  if (day === null && given.validUntil !== '') throw new PkiError('dateInvalid');
  if ((await uploadsOf(database, owner)).length >= mostUploads) throw new PkiError('fileTooMany');
  const { kind, file } = await cleanFile(given.file);
  const id = randomUUID();
  const upload: KeptUpload = {
    id,
    owner,
    document: given.document,
    kind,
    octets: file.length,
    validUntil: day === null ? null : endOfDay(day),
    createdAt: clock.now(),
  };
  await addUpload(database, upload, uploadSeal.close(file, { owner, id }));
  return upload;
}

/** One file, opened; null where there is none of this owner. */
export async function openUpload(
  { database, uploadSeal }: Pick<PortalParts, 'database' | 'uploadSeal'>,
  place: Pick<KeptUpload, 'owner' | 'id'>,
): Promise<CleanFile | null> {
  const found = await sealedUpload(database, place);
  return found === null ? null : { kind: found.upload.kind, file: uploadSeal.open(found.sealed, place) };
}

/** What was uploaded for a draft goes with the application, sealed anew to its number. */
export async function moveUploads(
  trx: Database,
  { uploadSeal }: Pick<PortalParts, 'uploadSeal'>,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  for (const { id } of await uploadsOf(trx, from)) {
    const found = await sealedUpload(trx, { owner: from, id });
    if (found === null) continue;
    const file = uploadSeal.open(found.sealed, { owner: from, id });
    await moveUpload(trx, id, { owner: to, sealed: uploadSeal.close(file, { owner: to, id }) });
  }
}
