/** Certificates in outline, with what their cases say of whom they are for: thousands of them at a time. */
import type { Knex } from 'knex';
import type { UnixTime } from '../clock.ts';
import { readJson } from './read-row.ts';

export interface CertificateOutline {
  readonly issuer: string;
  readonly serialNumber: string;
  readonly caseId: string;
  readonly profile: string;
  readonly notBefore: UnixTime;
  readonly notAfter: UnixTime;
  /** As the case has it that was signed; empty where there is no such case. */
  readonly corporateNumber: string;
  readonly organisationName: string;
  readonly mailbox: string;
}

/** What they have in common; everything where nothing is said. */
export interface OutlineQuestion {
  readonly profile?: string;
  readonly corporateNumber?: string;
}

export interface OutlineStore {
  /** The text of the case document that the order of a case carries. */
  readonly documentOf: (caseId: string) => Promise<string | undefined>;
  /** Those of these serial numbers that are recorded, whichever issuing CA they are of. */
  readonly of: (serialNumbers: readonly string[]) => Promise<readonly CertificateOutline[]>;
  /** Certificates for subscribers that are valid from a moment on between these two, the first included. */
  readonly issuedIn: (span: {
    readonly from: UnixTime;
    readonly before: UnixTime;
  }) => Promise<readonly CertificateNumber[]>;
  /** Certificates for subscribers in the order of their serial numbers, those after one of them. */
  readonly page: (
    after: string,
    limit: number,
    question: OutlineQuestion,
  ) => Promise<{ readonly outlines: readonly CertificateOutline[]; readonly last: string | undefined }>;
}

export interface CertificateNumber {
  readonly issuer: string;
  readonly serialNumber: string;
}

interface OutlineRow {
  issuer: string;
  serial_number: string;
  case_id: string;
  profile: string;
  not_before: number;
  not_after: number;
  document: string | null;
}

export function openOutlineStore(database: Knex): OutlineStore {
  return {
    documentOf: async caseId =>
      (await database<{ case_id: string; document: string }>('issuance_orders').where({ case_id: caseId }).first())
        ?.document,
    of: async serialNumbers => {
      const found: CertificateOutline[] = [];
      for (let at = 0; at < serialNumbers.length; at += askedAtOnce) {
        const some = serialNumbers.slice(at, at + askedAtOnce);
        const rows = await outlines(database).whereIn('certificates.serial_number', some);
        found.push(...rows.map(outlineOf));
      }
      return found;
    },
    issuedIn: ({ from, before }) =>
      database<OutlineRow>('certificates')
        .whereNotNull('case_id')
        .where('not_before', '>=', from)
        .where('not_before', '<', before)
        .select<CertificateNumber[]>('issuer', { serialNumber: 'serial_number' }),
    page: async (after, limit, question) => {
      const { profile, corporateNumber } = question;
      const rows = outlines(database)
        .where('certificates.serial_number', '>', after)
        .orderBy('certificates.serial_number')
        .limit(limit);
      if (profile !== undefined) rows.where('certificates.profile', profile);
      // Canonical JSON has no blanks; whose number it is, the reading tells.
      if (corporateNumber !== undefined)
        rows.where('issuance_orders.document', 'like', `%"corporateNumber":"${corporateNumber}"%`);
      const read = (await rows).map(outlineOf);
      const fitting = read.filter(one => corporateNumber === undefined || one.corporateNumber === corporateNumber);
      return { outlines: fitting, last: read.length < limit ? undefined : read.at(-1)?.serialNumber };
    },
  };
}

const askedAtOnce = 500;

function outlines(database: Knex) {
  return database<OutlineRow>('certificates')
    .leftJoin('issuance_orders', 'issuance_orders.id', 'certificates.order_id')
    .whereNotNull('certificates.case_id')
    .select<OutlineRow[]>(
      'certificates.issuer',
      'certificates.serial_number',
      'certificates.case_id',
      'certificates.profile',
      'certificates.not_before',
      'certificates.not_after',
      'issuance_orders.document',
    );
}

function outlineOf(row: OutlineRow): CertificateOutline {
  const claim = claimIn(row.document);
  return {
    issuer: row.issuer,
    serialNumber: row.serial_number,
    caseId: row.case_id,
    profile: row.profile,
    notBefore: row.not_before,
    notAfter: row.not_after,
    corporateNumber: textIn(claim, 'corporateNumber'),
    organisationName: textIn(claim, 'organisationName'),
    mailbox: textIn(claim, 'mailbox'),
  };
}

function claimIn(document: string | null): object {
  const read = document === null ? undefined : readJson(document);
  const claim: unknown = typeof read === 'object' && read !== null && 'claim' in read ? read.claim : undefined;
  return typeof claim === 'object' && claim !== null ? claim : {};
}

function textIn(claim: object, name: string): string {
  const value = (claim as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' ? value : '';
}
