import type { Knex } from 'knex';
import type { Approval } from '../approvals/approval.ts';
import { readApprovals } from './approvals.ts';
import { decodeDocument, type RollDocument } from '../approvals/documents.ts';

/** One link of the roll's chain as the database has it; the CA core believes it only after it checked it (design §1). */
export interface OfferedRoll {
  readonly number: number;
  readonly digest: string;
  readonly text: string;
  readonly approvals: readonly Approval[];
  readonly authorisedBy: 'console' | 'officers';
}

export interface StoredRoll extends OfferedRoll {
  readonly roll: RollDocument;
}

export interface RollToAdd {
  readonly number: number;
  readonly digest: string;
  readonly text: string;
  readonly authorisedBy: 'console' | 'officers';
  readonly at: number;
}

export interface RollStore {
  readonly current: () => Promise<StoredRoll | undefined>;
  /** The same row, whatever stands in it. */
  readonly newest: () => Promise<OfferedRoll | undefined>;
  /** Rolls above a number, in order. */
  readonly after: (number: number) => Promise<readonly OfferedRoll[]>;
  /** Puts a roll that the CA core follows over whatever stands under its number. */
  readonly add: (roll: RollToAdd) => Promise<void>;
  /** Takes a roll out that the CA core refused to follow. */
  readonly discard: (number: number) => Promise<void>;
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
    newest: async () => {
      const row = await database<RollRow>('rolls').orderBy('number', 'desc').first();
      return row && offeredRoll(row);
    },
    after: async number => {
      const rows = await database<RollRow>('rolls').where('number', '>', number).orderBy('number');
      return rows.map(offeredRoll);
    },
    add: async ({ number, digest, text, authorisedBy, at }) => {
      await database<RollRow>('rolls').where({ digest }).whereNot({ number }).delete();
      await database<RollRow>('rolls')
        .insert({ number, digest, document: text, approvals: '[]', authorised_by: authorisedBy, created_at: at })
        .onConflict('number')
        .merge(['digest', 'document', 'authorised_by']);
    },
    discard: async number => {
      await database<RollRow>('rolls').where({ number }).delete();
    },
  };
}

function offeredRoll(row: RollRow): OfferedRoll {
  return {
    number: row.number,
    digest: row.digest,
    text: row.document,
    approvals: readApprovals(row.approvals),
    authorisedBy: row.authorised_by,
  };
}

function storedRoll(row: RollRow): StoredRoll {
  const document = decodeDocument(row.document);
  if (document.kind !== 'roll') throw new Error('a row of rolls holds another kind of document');
  return { ...offeredRoll(row), roll: document };
}
