/** Files that an LRA had checked. They stay sealed until they expire or are erased; nothing else is kept of a dry run. */
import { randomUUID } from 'node:crypto';
import { PkiError } from '../../ca-core/errors.ts';
import type { CertificateProfile } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import {
  addBulkUpload,
  bulkUploadsOf,
  dropBulkUpload,
  dropBulkUploadsBefore,
  findBulkUpload,
  keepBulkCheck,
  type SealedCheck,
} from '../store/bulk-uploads.ts';
import { mostOctets } from '../uploads/unsafe.ts';
import type { Language } from '../words/language.ts';
import type { CheckGround, Defaults } from './check-ground.ts';
import { layoutOf } from './check-table.ts';
import { bulkProfiles } from './columns.ts';
import { errorFile, type ErrorFile } from './error-file.ts';
import type { LayoutName } from './layouts.ts';
import { openGround } from './open-ground.ts';
import { openTable } from './reading/open-table.ts';
import type { Chosen } from './reading/table.ts';
import { verdictOf, type Verdict } from './verdict.ts';

/** How a file is read: what a person chose, and what is said of all its rows. */
export interface Reading {
  readonly profile: string;
  readonly chosen: Chosen;
  readonly layout?: LayoutName;
  readonly defaults: Defaults;
}

export interface CheckedFile {
  readonly id: string;
  readonly name: string;
  readonly octets: number;
  readonly reading: Reading;
  readonly verdict: Verdict;
  /** Unix seconds. */
  readonly checkedAt: number;
  readonly until: number;
}

export const mostFiles = 10;

/** Checks and keeps a file; its id. Throws tableUnreadable, fileTooLarge, fileTooMany, profileUnknown, registerUnavailable. */
export async function checkFile(
  parts: PortalParts,
  lra: Person,
  { octets, name, reading }: { readonly octets: Buffer; readonly name: string; readonly reading: Reading },
): Promise<string> {
  const { database, clock, uploadSeal } = parts;
  if (octets.length > mostOctets) throw new PkiError('fileTooLarge');
  if ((await bulkUploadsOf(database, lra.id, since(parts))).length >= mostFiles) throw new PkiError('fileTooMany');
  const verdict = await check(parts, lra, octets, reading);
  const place = { owner: lra.id, id: randomUUID() };
  const at = clock.now();
  const kept = { ...place, reading: JSON.stringify(reading), createdAt: at, checkedAt: at };
  const content = { name: name.slice(0, 255), octets: octets.length, verdict };
  await addBulkUpload(database, { ...kept, verdict: seal(parts, kept, content) }, uploadSeal.close(octets, place));
  return place.id;
}

/** Reads the same file in another way. Throws documentUnknown and what checkFile throws. */
export async function readAgain(parts: PortalParts, lra: Person, id: string, reading: Reading): Promise<void> {
  const { file, kept } = await mustFind(parts, lra, id);
  const verdict = await check(parts, lra, file, reading);
  const place = { owner: lra.id, id };
  const content = { name: kept.name, octets: file.length, verdict };
  const sealed = seal(parts, place, content);
  const checkedAt = parts.clock.now();
  await keepBulkCheck(parts.database, { ...place, reading: JSON.stringify(reading), verdict: sealed, checkedAt });
}

/** Throws documentUnknown where this LRA has no such file, or its time is over. */
export const checkedFile = async (parts: PortalParts, lra: Person, id: string): Promise<CheckedFile> =>
  (await mustFind(parts, lra, id)).kept;

/** The same with the file itself. Throws documentUnknown. */
export async function openCheckedFile(
  parts: PortalParts,
  lra: Person,
  id: string,
): Promise<CheckedFile & { readonly file: Buffer }> {
  const { file, kept } = await mustFind(parts, lra, id);
  return { ...kept, file };
}

/** Newest first. */
export async function checkedFiles(parts: PortalParts, lra: Person): Promise<readonly CheckedFile[]> {
  const checks = await bulkUploadsOf(parts.database, lra.id, since(parts));
  return checks.map(one => opened(parts, one));
}

/** The upload with its errors, of the registers and certificates as they are now. Throws documentUnknown. */
export async function errorFileOf(
  parts: PortalParts,
  lra: Person,
  { id, language }: { readonly id: string; readonly language: Language },
): Promise<ErrorFile> {
  const { file, kept } = await mustFind(parts, lra, id);
  const ground = await groundOf(parts, lra, kept.reading);
  const table = await openTable(file, kept.reading.chosen);
  return errorFile({ ground, table, layout: await layoutOf(table, ground, kept.reading.layout), language });
}

/** Nothing happens where there is none. */
export async function eraseFile({ database }: PortalParts, lra: Person, id: string): Promise<void> {
  await dropBulkUpload(database, { owner: lra.id, id });
}

/** How many were over. */
export const eraseOldFiles = (parts: PortalParts): Promise<number> =>
  dropBulkUploadsBefore(parts.database, since(parts));

/** They live as long as a draft does. */
const since = ({ clock, policies }: PortalParts): number => clock.now() - policies.schedule.portal.draftLifetime;

/** Throws profileUnknown for one that no attested list may have. */
export function bulkProfile(parts: Pick<PortalParts, 'policies'>, name: string): CertificateProfile {
  const profile = bulkProfiles(parts.policies).find(one => one.name === name);
  if (profile === undefined) throw new PkiError('profileUnknown');
  return profile;
}

/** What the LRA's own organisation is checked against. Throws notPermitted, profileUnknown, registerUnavailable. */
export function groundOf(
  parts: PortalParts,
  lra: Person,
  { profile, defaults }: Pick<Reading, 'profile' | 'defaults'>,
): Promise<CheckGround> {
  if (lra.organisation === null) throw new PkiError('notPermitted');
  const wish = { profile: bulkProfile(parts, profile), organisation: lra.organisation, lra: lra.id, defaults };
  return openGround(parts, wish);
}

async function check(parts: PortalParts, lra: Person, octets: Uint8Array, reading: Reading): Promise<Verdict> {
  const ground = await groundOf(parts, lra, reading);
  const table = await openTable(octets, reading.chosen);
  return verdictOf({ ground, table, layout: await layoutOf(table, ground, reading.layout) });
}

interface KeptContent {
  readonly name: string;
  readonly octets: number;
  readonly verdict: Verdict;
}

type Place = Pick<SealedCheck, 'id' | 'owner'>;

const seal = ({ uploadSeal }: PortalParts, { id, owner }: Place, content: KeptContent): Buffer =>
  uploadSeal.close(Buffer.from(JSON.stringify(content)), { owner, id: `${id} verdict` });

function opened(parts: PortalParts, { id, owner, reading, verdict, createdAt, checkedAt }: SealedCheck): CheckedFile {
  const text = parts.uploadSeal.open(verdict, { owner, id: `${id} verdict` }).toString();
  const content = JSON.parse(text) as KeptContent;
  const until = createdAt + parts.policies.schedule.portal.draftLifetime;
  return { id, ...content, reading: JSON.parse(reading) as Reading, checkedAt, until };
}

async function mustFind(parts: PortalParts, lra: Person, id: string): Promise<{ file: Buffer; kept: CheckedFile }> {
  const place = { owner: lra.id, id };
  const found = await findBulkUpload(parts.database, place, since(parts));
  if (found === null) throw new PkiError('documentUnknown');
  return { file: parts.uploadSeal.open(found.file, place), kept: opened(parts, found.check) };
}
