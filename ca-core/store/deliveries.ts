import type { Knex } from 'knex';
import type { UnixTime } from '../clock.ts';
import { PkiError } from '../errors.ts';
import { noteEvent } from './audit.ts';

export interface DeliveryState {
  readonly expiresAt: UnixTime;
  readonly pickedUpAt: UnixTime | null;
  /** Whether a sealed key waits; of a PKCS#12 the portal keeps account. */
  readonly sealed: boolean;
}

export interface DeliveryStore {
  readonly state: (caseId: string) => Promise<DeliveryState | undefined>;
  /** Hands the sealed key out and erases it in one transaction. Throws notYetIssued, alreadyPickedUp {at}. */
  readonly take: (caseId: string, at: UnixTime) => Promise<Uint8Array>;
  /** Erases what nobody fetched in time; how many. */
  readonly expire: (now: UnixTime) => Promise<number>;
}

interface DeliveryRow {
  case_id: string;
  sealed_key: Buffer | null;
  pkcs12: Buffer | null;
  sealed_password: Buffer | null;
  expires_at: number;
  picked_up_at: number | null;
}

export function openDeliveryStore(database: Knex): DeliveryStore {
  return {
    state: async caseId => {
      const row = await database<DeliveryRow>('deliveries').where({ case_id: caseId }).first();
      return row && { expiresAt: row.expires_at, pickedUpAt: row.picked_up_at, sealed: row.sealed_key !== null };
    },
    take: (caseId, at) => database.transaction(transaction => takeSealedKey(transaction, caseId, at)),
    expire: now =>
      database<DeliveryRow>('deliveries')
        .where('expires_at', '<', now)
        .where(some => void some.whereNotNull('sealed_key').orWhereNotNull('pkcs12').orWhereNotNull('sealed_password'))
        .update({ sealed_key: null, pkcs12: null, sealed_password: null }),
  };
}

async function takeSealedKey(transaction: Knex, caseId: string, at: UnixTime): Promise<Uint8Array> {
  const issued = await transaction('certificates').where({ case_id: caseId }).first<object | undefined>('case_id');
  const row = await transaction<DeliveryRow>('deliveries').where({ case_id: caseId }).first();
  if (row === undefined || issued === undefined) throw new PkiError('notYetIssued');
  if (row.sealed_key === null) throw new PkiError('alreadyPickedUp', { at: row.picked_up_at ?? row.expires_at });
  await transaction<DeliveryRow>('deliveries')
    .where({ case_id: caseId })
    .update({ sealed_key: null, picked_up_at: at });
  await noteEvent(transaction, {
    at,
    service: 'ra-portal',
    action: 'key.pickedUp',
    actor: 'subscriber',
    subject: caseId,
    details: {},
  });
  return new Uint8Array(row.sealed_key);
}
