/** Keys that the CA core made, as they stand in the table of deliveries: sealed to the subscriber, or in a PKCS#12. */
import type { Knex } from 'knex';
import type { UnixTime } from '../clock.ts';
import { nextAttested, type RsaAlgorithm } from './claims.ts';
import { insertAll } from './insert-all.ts';
import { readOctets } from './read-row.ts';

/** What is handed over: the PKCS#12, and its password sealed to whoever keeps it. */
export interface Container {
  readonly caseId: string;
  readonly pkcs12: Uint8Array;
  readonly sealedPassword: Uint8Array;
  readonly isCompatible: boolean;
}

/** Where the CA core made the key: it rests sealed until it is picked up or its time is over. */
export interface SealedDelivery {
  readonly caseId: string;
  /** Sealed to the subscriber; null where it is to leave in a PKCS#12. */
  readonly sealedKey: Uint8Array | null;
  /** For that one: key and password under a key of the home (home/wrapping-key.ts). */
  readonly wrappedKey: Uint8Array | null;
  readonly expiresAt: UnixTime;
}

export interface ContainerStore {
  /** What was wrapped, by case, of intentions whose certificates are not recorded yet. */
  readonly wrappedKeys: (caseIds: readonly string[]) => Promise<ReadonlyMap<string, Uint8Array>>;
  /** The RSA key that waiting rows of attested lists ask for next; null where none do. */
  readonly nextRsaKey: () => Promise<RsaAlgorithm | null>;
}

export function openContainerStore(database: Knex): ContainerStore {
  return {
    wrappedKeys: caseIds => wrappedKeys(database, caseIds),
    nextRsaKey: async () => (await nextAttested(database))?.rsa ?? null,
  };
}

interface DeliveryRow {
  case_id: string;
  wrapped_key: Buffer | null;
  pkcs12: Buffer | null;
  sealed_password: Buffer | null;
}

/** In the transaction that records the certificates: from now on the wrapped key is nowhere. */
export async function recordContainers(transaction: Knex, containers: readonly Container[]): Promise<void> {
  for (const { caseId, pkcs12, sealedPassword } of containers) {
    await transaction<DeliveryRow>('deliveries')
      .where({ case_id: caseId })
      .update({
        wrapped_key: null,
        pkcs12: Buffer.from(pkcs12),
        sealed_password: Buffer.from(sealedPassword),
      });
  }
}

async function wrappedKeys(database: Knex, caseIds: readonly string[]): Promise<ReadonlyMap<string, Uint8Array>> {
  const rows = await database<DeliveryRow>('deliveries')
    .whereIn('case_id', [...caseIds])
    .whereNotNull('wrapped_key')
    .select('case_id', 'wrapped_key');
  return new Map(rows.flatMap(row => (row.wrapped_key === null ? [] : [[row.case_id, readOctets(row.wrapped_key)]])));
}

/** The key just made is the case's only one: what another hand put in its place gives way. */
export async function putDeliveries(transaction: Knex, deliveries: readonly SealedDelivery[]): Promise<void> {
  const cases = deliveries.map(one => one.caseId);
  await transaction('deliveries').whereIn('case_id', cases).delete();
  await insertAll(transaction, 'deliveries', deliveries.flatMap(sealedRow));
  await insertAll(transaction, 'deliveries', deliveries.flatMap(wrappedRow));
}

/** A key made for a certificate that was never issued is of no use to anybody. */
export async function forgetUnissuedKey(transaction: Knex, caseId: string): Promise<void> {
  const issued = await transaction('certificates').where({ case_id: caseId }).first<object | undefined>('case_id');
  if (issued === undefined) await transaction('deliveries').where({ case_id: caseId }).delete();
}

const sealedRow = ({ caseId, sealedKey, expiresAt }: SealedDelivery): object[] =>
  sealedKey === null ? [] : [{ case_id: caseId, sealed_key: Buffer.from(sealedKey), expires_at: expiresAt }];

const wrappedRow = ({ caseId, wrappedKey, expiresAt }: SealedDelivery): object[] =>
  wrappedKey === null ? [] : [{ case_id: caseId, wrapped_key: Buffer.from(wrappedKey), expires_at: expiresAt }];
