import type { Knex } from 'knex';
import type { Approval } from '../approvals/approval.ts';
import { decodeDocument, type RollDocument } from '../approvals/documents.ts';

/** One link of the roll's chain as the database has it; the CA core believes it only after it checked it (design §1). */
export interface StoredRoll {
  readonly number: number;
  readonly digest: string;
  readonly text: string;
  readonly roll: RollDocument;
  readonly approvals: readonly Approval[];
  readonly authorisedBy: 'console' | 'officers';
}

export interface RollToAdd {
  readonly number: number;
  readonly digest: string;
  readonly text: string;
  readonly authorisedBy: 'console';
  readonly at: number;
}

export interface RollStore {
  readonly current: () => Promise<StoredRoll | undefined>;
  /** Rolls above a number, in order. */
  readonly after: (number: number) => Promise<readonly StoredRoll[]>;
  readonly add: (roll: RollToAdd) => Promise<void>;
}

interface RollRow {
  number: number;
  digest: string;
  document: string;
  approvals: string;
  authorised_by: 'console' | 'officers';
  created_at: number;
}

export function openRollStore(database: Knex): RollStore {
  return {
    current: async () => {
      const row = await database<RollRow>('rolls').orderBy('number', 'desc').first();
      return row === undefined ? undefined : storedRoll(row);
    },
    after: async number => {
      const rows = await database<RollRow>('rolls').where('number', '>', number).orderBy('number');
      return rows.map(storedRoll);
    },
    add: async ({ number, digest, text, authorisedBy, at }) => {
      await database<RollRow>('rolls')
        .insert({ number, digest, document: text, approvals: '[]', authorised_by: authorisedBy, created_at: at })
        .onConflict('number')
        .merge();
    },
  };
}

function storedRoll(row: RollRow): StoredRoll {
  const document = decodeDocument(row.document);
  if (document.kind !== 'roll') throw new Error('a row of rolls holds another kind of document');
  return {
    number: row.number,
    digest: row.digest,
    text: row.document,
    roll: document,
    approvals: JSON.parse(row.approvals) as Approval[],
    authorisedBy: row.authorised_by,
  };
}
