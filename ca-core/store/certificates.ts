import type { Knex } from 'knex';
import type { UnixTime } from '../clock.ts';
import type { Der } from '../x509/der.ts';
import { insertAll } from './insert-all.ts';
import { readOctets } from './read-row.ts';
import { inOrder } from './status.ts';

export interface CertificateRow {
  readonly issuer: string;
  readonly serialNumber: string;
  readonly caseId: string | null;
  readonly profile: string;
  readonly crlShard: number;
  readonly certificate: Der;
  readonly notBefore: UnixTime;
  readonly notAfter: UnixTime;
}

export interface RecordedCertificate {
  readonly issuer: string;
  readonly serialNumber: string;
  readonly orderId: string | null;
  readonly caseId: string | null;
  readonly profile: string;
  readonly crlShard: number;
  readonly certificate: Der;
  readonly notBefore: UnixTime;
  readonly notAfter: UnixTime;
}

export interface CertificateStore {
  readonly find: (issuer: string, serialNumber: string) => Promise<CertificateRow | undefined>;
  /** Whichever of the issuing CAs it is of; they draw serial numbers of 126 bits. */
  readonly withSerialNumber: (serialNumber: string) => Promise<CertificateRow | undefined>;
  readonly ofCase: (caseId: string) => Promise<CertificateRow | undefined>;
  readonly count: () => Promise<number>;
  /** The profile of each of these certificates that is recorded. */
  readonly profilesOf: (issuer: string, serialNumbers: readonly string[]) => Promise<ReadonlyMap<string, string>>;
  /** Certificates of one issuer in the order of their serial numbers, those after one of them. */
  readonly page: (issuer: string, after: string, limit: number) => Promise<CertificateRow[]>;
}

/** A row as the table has it. */
export interface StoredCertificate {
  issuer: string;
  serial_number: string;
  case_id: string | null;
  profile: string;
  crl_shard: number;
  certificate: Buffer;
  not_before: number;
  not_after: number;
}

export function openCertificateStore(database: Knex): CertificateStore {
  return {
    find: async (issuer, serialNumber) => {
      const row = await database<StoredCertificate>('certificates')
        .where({ issuer, serial_number: serialNumber })
        .first();
      return row && certificateOf(row);
    },
    withSerialNumber: async serialNumber => {
      const row = await database<StoredCertificate>('certificates').where({ serial_number: serialNumber }).first();
      return row && certificateOf(row);
    },
    ofCase: async caseId => {
      const row = await database<StoredCertificate>('certificates').where({ case_id: caseId }).first();
      return row && certificateOf(row);
    },
    page: async (issuer, after, limit) => {
      const rows = await database<StoredCertificate>('certificates')
        .where({ issuer })
        .where('serial_number', '>', after)
        .orderBy('serial_number')
        .limit(limit);
      return rows.map(certificateOf);
    },
    profilesOf: async (issuer, serialNumbers) => {
      const profiles = new Map<string, string>();
      for (let at = 0; at < serialNumbers.length; at += 500) {
        const rows = await database<StoredCertificate>('certificates')
          .where({ issuer })
          .whereIn('serial_number', serialNumbers.slice(at, at + 500))
          .select('serial_number', 'profile');
        for (const row of rows) profiles.set(row.serial_number, row.profile);
      }
      return profiles;
    },
    count: async () => (await database('certificates').count<{ n: number }[]>('* as n'))[0]?.n ?? 0,
  };
}

export function certificateOf(row: StoredCertificate): CertificateRow {
  return {
    issuer: row.issuer,
    serialNumber: row.serial_number,
    caseId: row.case_id,
    profile: row.profile,
    crlShard: row.crl_shard,
    certificate: readOctets(row.certificate),
    notBefore: row.not_before,
    notAfter: row.not_after,
  };
}

/**
 * Rows of certificates and of their `issued` status change, inside the caller's transaction. Each was signed for one
 * case only, so what already stands in its place was put there by another hand, and gives way.
 */
export async function recordCertificates(
  transaction: Knex,
  certificates: readonly RecordedCertificate[],
  at: UnixTime,
): Promise<void> {
  await clearPlaces(transaction, certificates);
  await insertAll(
    transaction,
    'certificates',
    certificates.map(one => certificateRow(one, at)),
  );
  await inOrder(transaction);
  await insertAll(
    transaction,
    'status_changes',
    certificates.map(one => issuedChange(one, at)),
  );
}

async function clearPlaces(transaction: Knex, certificates: readonly RecordedCertificate[]): Promise<void> {
  const serials = certificates.map(one => one.serialNumber);
  const orders = certificates.flatMap(one => one.orderId ?? []);
  const cases = certificates.flatMap(one => one.caseId ?? []);
  const issuer = certificates[0]?.issuer ?? '';
  await transaction('certificates').where({ issuer }).whereIn('serial_number', serials).delete();
  await transaction('certificates').whereIn('order_id', orders).delete();
  await transaction('certificates').whereIn('case_id', cases).delete();
  await transaction('status_changes').whereIn('order_id', orders).delete();
}

const certificateRow = (one: RecordedCertificate, at: UnixTime): object => ({
  issuer: one.issuer,
  serial_number: one.serialNumber,
  order_id: one.orderId,
  case_id: one.caseId,
  profile: one.profile,
  crl_shard: one.crlShard,
  certificate: Buffer.from(one.certificate),
  not_before: one.notBefore,
  not_after: one.notAfter,
  created_at: at,
});

const issuedChange = (one: RecordedCertificate, at: UnixTime): object => ({
  issuer: one.issuer,
  serial_number: one.serialNumber,
  change: 'issued',
  not_after: one.notAfter,
  order_id: one.orderId,
  created_at: at,
});
