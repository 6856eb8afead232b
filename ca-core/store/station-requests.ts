/** PKCS#10 of keys on tokens, on their way from the issuing station to the order that waits for them. */
import type { Knex } from 'knex';
import type { UnixTime } from '../clock.ts';
import type { StationRequest } from '../approvals/station-request.ts';
import type { OrderRow, OrderState } from './claims.ts';
import { readJson } from './read-row.ts';

interface StationRequestRow {
  digest: string;
  request: string;
  created_at: number;
}

export interface StationRequestStore {
  /** Keeps the first request for a case; the same statement signed again changes nothing. Whether this one is kept. */
  readonly add: (caseDigest: string, request: StationRequest, at: UnixTime) => Promise<boolean>;
}

export function openStationRequestStore(database: Knex): StationRequestStore {
  return {
    add: async (digest, { statement, signature }, at) => {
      const request = JSON.stringify({ statement, signature });
      await database<StationRequestRow>('station_requests')
        .insert({ digest, request, created_at: at })
        .onConflict('digest')
        .ignore();
      const kept = await database<StationRequestRow>('station_requests').where({ digest }).first();
      return (readJson(kept?.request ?? '') as Partial<StationRequest> | undefined)?.statement === statement;
    },
  };
}

/**
 * In which state the order for a case begins. Within a string the quotation marks would be escaped, so what is found in
 * the canonical text is the member itself; where it lies, the CA core refuses the order (check-subject-key.ts).
 */
export function stateAtFirst(caseText: string): OrderState {
  return caseText.includes('"from":"station"') ? 'awaitingKey' : 'waiting';
}

/** Orders whose request has come wait their turn from now on. How many. */
export async function takeUpTokens(database: Knex): Promise<number> {
  const come = await database<OrderRow>('issuance_orders')
    .join('station_requests', 'station_requests.digest', 'issuance_orders.digest')
    .where({ state: 'awaitingKey' })
    .select<{ id: string; request: string }[]>('issuance_orders.id', 'station_requests.request');
  for (const { id, request } of come) {
    await database<OrderRow>('issuance_orders')
      .where({ id, state: 'awaitingKey' })
      .update({ state: 'waiting', station_request: request });
  }
  return come.length;
}
