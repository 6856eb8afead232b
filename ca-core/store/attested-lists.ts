/** How far a list that an LRA attested has come, and whether it goes on: what a job of the portal follows and steers. */
import type { Knex } from 'knex';
import type { UnixTime } from '../clock.ts';
import { noteEvent } from './audit.ts';
import type { OrderState } from './claims.ts';
import { readRefusal, type Refusal } from './read-row.ts';

export interface AttestedOrder {
  readonly caseId: string;
  /** The case document's. */
  readonly digest: string;
  readonly state: OrderState;
  readonly refusal: Refusal | null;
  readonly closedAt: UnixTime | null;
}

export interface AttestedListStore {
  /** Orders by their state; nothing before the list is signed. */
  readonly progress: (list: string) => Promise<Readonly<Record<OrderState, number>>>;
  /** The orders of a list, by reception number; those closed since a moment, or all. */
  readonly orders: (list: string, closedSince?: UnixTime) => Promise<readonly AttestedOrder[]>;
  /**
   * From now on nothing of the list is taken up; what the CA core has in hand it ends. To cancel, void the cases or the
   * list (documents.void): the CA core then refuses their orders as documentVoided. Neither can make it sign anything.
   */
  readonly hold: (list: string, by: HeldBy) => Promise<void>;
  readonly goOn: (list: string, by: HeldBy) => Promise<void>;
  readonly isHeld: (list: string) => Promise<boolean>;
}

export interface HeldBy {
  readonly actor: string;
  readonly at: UnixTime;
}

interface OrderRow {
  case_id: string;
  digest: string;
  state: OrderState;
  refusal: string | null;
  closed_at: number | null;
  attested_list: string | null;
}

export function openAttestedListStore(database: Knex): AttestedListStore {
  const event = (action: string, subject: string, { actor, at }: HeldBy) => ({
    ...{ at, service: 'ra-portal', action, actor, subject },
    details: {},
  });
  return {
    progress: async list => {
      const rows = await database<OrderRow>('issuance_orders')
        .where({ attested_list: list })
        .groupBy('state')
        .select('state')
        .count<{ state: OrderState; n: number }[]>('* as n');
      const none = { awaitingKey: 0, waiting: 0, claimed: 0, intended: 0, issued: 0, refused: 0 };
      return { ...none, ...Object.fromEntries(rows.map(({ state, n }) => [state, n])) };
    },
    orders: async (list, closedSince) => {
      const all = database<OrderRow>('issuance_orders').where({ attested_list: list }).orderBy('case_id');
      const rows = await (closedSince === undefined ? all : all.where('closed_at', '>=', closedSince));
      return rows.map(row => ({
        caseId: row.case_id,
        digest: row.digest,
        state: row.state,
        refusal: readRefusal(row.refusal),
        closedAt: row.closed_at,
      }));
    },
    hold: (list, by) =>
      database.transaction(async transaction => {
        await transaction('held_lists').insert({ digest: list, created_at: by.at }).onConflict('digest').ignore();
        await noteEvent(transaction, event('list.held', list, by));
      }),
    goOn: (list, by) =>
      database.transaction(async transaction => {
        await transaction('held_lists').where({ digest: list }).delete();
        await noteEvent(transaction, event('list.goesOn', list, by));
      }),
    isHeld: async list =>
      (await database('held_lists').where({ digest: list }).first<object | undefined>('digest')) !== undefined,
  };
}
