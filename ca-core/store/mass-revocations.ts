import type { Knex } from 'knex';
import type { Approval } from '../approvals/approval.ts';
import type { MassRevocationDocument } from '../approvals/documents.ts';
import { digestOfSerialList } from '../approvals/serial-list.ts';
import type { AuditEvent } from '../audit/leaf.ts';
import type { UnixTime } from '../clock.ts';
import type { PkiError } from '../errors.ts';
import { readApprovals } from './approvals.ts';
import { noteOrKeep, type KeepLate } from './audit.ts';
import { putDocument } from './document-rows.ts';
import { readRefusal, type Refusal } from './read-row.ts';

/** An order to revoke many certificates, as the database has it: nothing in it is believed before the CA core checked it. */
export interface MassRevocation {
  readonly id: string;
  readonly issuer: string;
  readonly digest: string;
  readonly text: string;
  readonly approvals: readonly Approval[];
  readonly state: 'waiting' | 'applied' | 'refused';
  /** How many of the list are revoked by it so far. */
  readonly revoked: number;
  /** How many are not: revoked before, unknown to the CA core, or not to be revoked for this reason. */
  readonly leftOut: number;
  readonly refusal: Refusal | null;
  readonly createdAt: UnixTime;
  readonly closedAt: UnixTime | null;
}

export interface MassProgress {
  readonly revoked: number;
  readonly leftOut: number;
}

export interface MassRevocationStore {
  /** Keeps a list of serial numbers (serial-list.ts). Its digest. */
  readonly putSerials: (text: string, at: UnixTime) => Promise<string>;
  readonly serials: (digest: string) => Promise<string | undefined>;
  /** Keeps a document for officers to sign, whose list is kept already. Its digest. */
  readonly put: (document: MassRevocationDocument, event: (digest: string) => AuditEvent) => Promise<string>;
  /** The order that a document became; undefined before two officers signed it. */
  readonly of: (digest: string) => Promise<MassRevocation | undefined>;
  /** Newest first. */
  readonly newest: (limit: number) => Promise<readonly MassRevocation[]>;
  readonly oldestWaiting: () => Promise<MassRevocation | undefined>;
  readonly progress: (id: string, progress: MassProgress) => Promise<void>;
  readonly close: (id: string, progress: MassProgress, event: AuditEvent) => Promise<void>;
  readonly refuse: (id: string, refusal: PkiError, event: AuditEvent) => Promise<void>;
}

interface Row {
  id: string;
  digest: string;
  issuer: string;
  document: string;
  approvals: string;
  state: MassRevocation['state'];
  revoked: number;
  left_out: number;
  refusal: string | null;
  created_at: number;
  closed_at: number | null;
}

export function openMassRevocationStore(database: Knex, keepLate?: KeepLate): MassRevocationStore {
  const orders = (transaction: Knex = database) => transaction<Row>('mass_revocations');
  const end = (id: string, change: Partial<Row>, event: AuditEvent): Promise<void> =>
    database.transaction(async transaction => {
      await orders(transaction)
        .where({ id })
        .update({ ...change, closed_at: event.at });
      await noteOrKeep(transaction, [event], keepLate);
    });
  return {
    putSerials: async (text, at) => {
      const digest = digestOfSerialList(text);
      await database('serial_lists')
        .insert({ digest, serial_numbers: text, created_at: at })
        .onConflict('digest')
        .ignore();
      return digest;
    },
    serials: async digest =>
      (await database<{ digest: string; serial_numbers: string }>('serial_lists').where({ digest }).first())
        ?.serial_numbers,
    put: (document, event) =>
      database.transaction(async transaction => {
        const digest = await putDocument(transaction, document, document.requestedAt);
        await noteOrKeep(transaction, [event(digest)], () => Promise.resolve());
        return digest;
      }),
    of: async digest => {
      const row = await orders().where({ digest }).first();
      return row && orderOf(row);
    },
    newest: async limit => (await orders().orderBy('created_at', 'desc').limit(limit)).map(orderOf),
    oldestWaiting: async () => {
      const row = await orders().where({ state: 'waiting' }).orderBy('created_at').first();
      return row && orderOf(row);
    },
    progress: async (id, { revoked, leftOut }) => {
      await orders().where({ id }).update({ revoked, left_out: leftOut });
    },
    close: (id, { revoked, leftOut }, event) => end(id, { state: 'applied', revoked, left_out: leftOut }, event),
    refuse: (id, { code, values }, event) =>
      end(id, { state: 'refused', refusal: JSON.stringify({ code, values }) }, event),
  };
}

const orderOf = (row: Row): MassRevocation => ({
  id: row.id,
  issuer: row.issuer,
  digest: row.digest,
  text: row.document,
  approvals: readApprovals(row.approvals),
  state: row.state,
  revoked: row.revoked,
  leftOut: row.left_out,
  refusal: readRefusal(row.refusal),
  createdAt: row.created_at,
  closedAt: row.closed_at,
});
