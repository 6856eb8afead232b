import { randomUUID } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import { endOfDay, isoDate } from '../applications/as-typed.ts';
import type { PortalParts } from '../parts.ts';
import { inOneStep, type Database } from '../store/database.ts';
import {
  addUpload,
  isUploadOwner,
  moveUpload,
  sealedUpload,
  uploadsOf,
  type KeptUpload,
  type SealedFile,
} from '../store/uploads.ts';
import type { CleanFile } from './clean-file.ts';
import { documentsFor } from './documents-for.ts';
import type { FileKind } from './file-kind.ts';
import type { SealedPlace, UploadSeal } from './seal-at-rest.ts';

const mostUploads = 10;

export interface GivenUpload {
  /** Id of policies/identity.yaml, as the form says. */
  readonly document: string;
  /** A day as people write it, or nothing. */
  readonly validUntil: string;
  readonly file: Buffer;
}

/** Cleans, seals and keeps one file. Throws fieldInvalid, dateInvalid, fileTooMany, applicationState and what CleanUpload throws. */
export async function takeUpload(
  parts: PortalParts,
  owner: string,
  given: GivenUpload & { readonly profile: string },
): Promise<KeptUpload> {
  const { database, clock, policies, cleanUpload, uploadSeal } = parts;
  const known = documentsFor(policies, given.profile, clock.now()).flatMap(({ documents }) => documents);
  if (!known.some(({ id }) => id === given.document)) throw new PkiError('fieldInvalid', { field: 'document' });
  const day = given.validUntil === '' ? null : isoDate(given.validUntil);
  if (day === null && given.validUntil !== '') throw new PkiError('dateInvalid');
  if ((await uploadsOf(database, owner)).length >= mostUploads) throw new PkiError('fileTooMany');
  const clean = await cleanUpload(given.file);
  const id = randomUUID();
  const upload: KeptUpload = {
    id,
    owner,
    document: given.document,
    kind: clean.kind,
    octets: clean.file.length,
    validUntil: day === null ? null : endOfDay(day),
    createdAt: clock.now(),
  };
  // Cleaning takes its time: meanwhile the draft may be gone with all its documents, or others may have come.
  await inOneStep(database, async trx => {
    if (!(await isUploadOwner(trx, owner))) throw new PkiError('applicationState');
    if ((await uploadsOf(trx, owner)).length >= mostUploads) throw new PkiError('fileTooMany');
    await addUpload(trx, upload, closed(uploadSeal, clean, { owner, id }));
  });
  return upload;
}

/** One file, opened; null where there is none of this owner. */
export async function openUpload(
  { database, uploadSeal }: Pick<PortalParts, 'database' | 'uploadSeal'>,
  place: Pick<KeptUpload, 'owner' | 'id'>,
): Promise<CleanFile | null> {
  const found = await sealedUpload(database, place);
  return found === null ? null : opened(uploadSeal, found, place);
}

/** What a browser draws of a file: itself, or the picture beside it. Only a picture that has none is saved instead. */
export function drawable({ kind, file, shown }: CleanFile): { readonly kind: FileKind; readonly file: Buffer } {
  return shown === null ? { kind, file } : { kind: 'jpeg', file: shown };
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
    const file = opened(uploadSeal, found, { owner: from, id });
    await moveUpload(trx, id, { owner: to, ...closed(uploadSeal, file, { owner: to, id }) });
  }
}

function closed(seal: UploadSeal, { file, shown }: Pick<CleanFile, 'file' | 'shown'>, place: SealedPlace): SealedFile {
  return {
    sealed: seal.close(file, place),
    shown: shown === null ? null : seal.close(shown, shownBeside(place)),
  };
}

function opened(
  seal: UploadSeal,
  { upload, sealed, shown }: SealedFile & { readonly upload: KeptUpload },
  place: SealedPlace,
): CleanFile {
  return {
    kind: upload.kind,
    file: seal.open(sealed, place),
    shown: shown === null ? null : seal.open(shown, shownBeside(place)),
  };
}

/** Neither of the two can stand in the other's column. */
const shownBeside = ({ owner, id }: SealedPlace): SealedPlace => ({ owner, id: `${id} shown` });
