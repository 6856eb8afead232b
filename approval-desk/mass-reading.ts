/** A mass revocation for human eyes: the list that is signed, proved, and what the database has about its certificates. */
import {
  type CertificateOutline,
  countBy,
  decodeSerialList,
  type MassRevocationDocument,
  type Store,
} from '../ca-core/index.ts';
import { PkiError } from '../ca-core/errors.ts';
import { type DeskGround, documentOf } from './ground.ts';
import { japaneseTime, type Row, type Section, textRow, visible, warningRow } from './reading.ts';
import type { Words } from './words/words.ts';

/** Throws documentUnknown for a document of another kind. */
export async function massOf(ground: DeskGround, digest: string): Promise<MassRevocationDocument> {
  const { document } = await documentOf(ground, digest);
  if (document.kind !== 'massRevocation') throw new PkiError('documentUnknown');
  return document;
}

/** The serial numbers, proved to be those that would be signed. Throws listInvalid. */
export async function serialsOf(
  { store }: Pick<DeskGround, 'store'>,
  document: MassRevocationDocument,
): Promise<readonly string[]> {
  return decodeSerialList((await store.massRevocations.serials(document.serialNumbers)) ?? '', document);
}

export async function massSums(ground: DeskGround, document: MassRevocationDocument, words: Words): Promise<Section> {
  const serialNumbers = await serialsOf(ground, document);
  const { outlines, revoked } = await recorded(ground.store, document.ca, serialNumbers);
  const { mass } = words;
  const counted = (label: string, of: (one: CertificateOutline) => string): readonly Row[] =>
    countBy(outlines, of).map(([value, count]) => textRow(label, `${visible(value, words)}${words.times(count)}`));
  const missing = serialNumbers.length - outlines.length;
  const rows = [
    ...counted(mass.profile, one => one.profile),
    ...counted(mass.organisation, one => organisationOf(one, words)),
    ...(revoked.size === 0 ? [] : [textRow(mass.revokedBefore, String(revoked.size))]),
    ...(missing === 0 ? [] : [warningRow(mass.notRecorded, String(missing))]),
  ];
  return { title: mass.title, rows };
}

/** A hundred of its certificates. */
export interface MassPage {
  readonly title: string;
  /** Counted from 1. */
  readonly first: number;
  readonly last: number;
  readonly all: number;
  readonly rows: readonly MassRow[];
  readonly before: string | null;
  readonly after: string | null;
  readonly document: string;
}

export interface MassRow {
  readonly serialNumber: string;
  readonly standing: string;
  readonly isOut: boolean;
  readonly profile: string;
  readonly organisation: string;
  readonly mailbox: string;
  readonly notAfter: string;
}

const rowsOnAPage = 100;

/** Throws documentUnknown where there is no such part, listInvalid. */
export async function massPage(
  ground: DeskGround,
  { digest, from }: { readonly digest: string; readonly from: string | undefined },
  words: Words,
): Promise<MassPage> {
  const document = await massOf(ground, digest);
  const serialNumbers = await serialsOf(ground, document);
  const first = /^[0-9]{1,6}$/.test(from ?? '0') ? Number(from ?? 0) : -1;
  if (first < 0 || first >= serialNumbers.length) throw new PkiError('documentUnknown');
  const part = serialNumbers.slice(first, first + rowsOnAPage);
  const { outlines, revoked } = await recorded(ground.store, document.ca, part);
  const known = new Map(outlines.map(one => [one.serialNumber, one]));
  const linkTo = (place: number): string => `/documents/${digest}/certificates?from=${place}`;
  return {
    title: words.documentKinds.massRevocation,
    first: first + 1,
    last: first + part.length,
    all: serialNumbers.length,
    rows: part.map(serialNumber => rowOf({ serialNumber, outline: known.get(serialNumber), revoked }, words)),
    before: first === 0 ? null : linkTo(Math.max(0, first - rowsOnAPage)),
    after: first + rowsOnAPage >= serialNumbers.length ? null : linkTo(first + rowsOnAPage),
    document: `/documents/${digest}`,
  };
}

interface RowRead {
  readonly serialNumber: string;
  readonly outline: CertificateOutline | undefined;
  readonly revoked: ReadonlyMap<string, unknown>;
}

function rowOf({ serialNumber, outline, revoked }: RowRead, words: Words): MassRow {
  const { mass, none } = words;
  const isRevoked = revoked.has(serialNumber);
  const nothing = { profile: none, organisation: none, mailbox: none, notAfter: none };
  if (outline === undefined) return { serialNumber, standing: mass.unknown, isOut: true, ...nothing };
  return {
    serialNumber,
    standing: isRevoked ? mass.revoked : mass.good,
    isOut: isRevoked,
    profile: visible(outline.profile, words),
    organisation: visible(organisationOf(outline, words), words),
    mailbox: visible(outline.mailbox, words),
    notAfter: japaneseTime(outline.notAfter, words),
  };
}

async function recorded(store: Store, ca: string, serialNumbers: readonly string[]) {
  const outlines = (await store.outlines.of(serialNumbers)).filter(({ issuer }) => issuer === ca);
  return { outlines, revoked: await store.status.revokedAmong(ca, serialNumbers) };
}

function organisationOf({ corporateNumber, organisationName }: CertificateOutline, { mass }: Words): string {
  return corporateNumber === '' ? mass.noOrganisation : `${corporateNumber} ${organisationName}`;
}
