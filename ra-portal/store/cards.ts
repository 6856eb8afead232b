import type { CardState } from '../../ca-core/index.ts';
import type { Database } from './database.ts';

export interface CardHolder {
  /** Folded. */
  readonly mailbox: string;
  readonly name: string;
  readonly corporateNumber: string;
}

export interface CardRecord {
  readonly idm: string;
  readonly fcfId: string | null;
  readonly state: CardState;
  readonly keyId: string;
  /** X25519, hex. */
  readonly publicKey: string;
  /** Sealed, base64. */
  readonly proofKey: string;
  readonly preparedBy: string;
  readonly preparedAt: number;
  readonly holder: CardHolder | null;
  readonly boundBy: string | null;
  readonly boundAt: number | null;
  readonly end: CardEnd | null;
}

export interface CardEnd {
  readonly by: string;
  readonly at: number;
  /** What became of the certificates. */
  readonly decision: 'revoke' | 'keep';
  readonly note: string;
}

interface CardRow {
  idm: string;
  fcf_id: string | null;
  state: CardState;
  key_id: string;
  public_key: string;
  proof_key: string;
  prepared_by: string;
  prepared_at: number;
  holder_mailbox: string | null;
  holder_name: string | null;
  corporate_number: string | null;
  bound_by: string | null;
  bound_at: number | null;
  ended_by: string | null;
  ended_at: number | null;
  decision: 'revoke' | 'keep' | null;
  note: string | null;
}

export async function findCard(database: Database, idm: string): Promise<CardRecord | null> {
  const row = await database<CardRow>('cards').where({ idm }).first();
  return row === undefined ? null : recordOf(row);
}

export interface CardQuestion {
  readonly fcfId?: string | undefined;
  /** Folded. */
  readonly mailbox?: string | undefined;
  readonly state?: CardState | undefined;
  /** Of the holder, and of the desk that prepared what nobody has yet; null for all. */
  readonly corporateNumber: string | null;
}

/** At most 200, those prepared last first. */
export async function findCards(database: Database, question: CardQuestion): Promise<readonly CardRecord[]> {
  const { fcfId, mailbox, state, corporateNumber } = question;
  const rows = await database<CardRow>('cards')
    .where({
      ...(fcfId === undefined ? {} : { fcf_id: fcfId }),
      ...(mailbox === undefined ? {} : { holder_mailbox: mailbox }),
      ...(state === undefined ? {} : { state }),
    })
    .where(any => {
      if (corporateNumber === null) return;
      const desk = database('people').where({ organisation: corporateNumber }).select('id');
      void any
        .where({ corporate_number: corporateNumber })
        .orWhere(nobodys => void nobodys.whereNull('corporate_number').whereIn('prepared_by', desk));
    })
    .orderBy([{ column: 'prepared_at', order: 'desc' }, { column: 'idm' }])
    .limit(200);
  return rows.map(recordOf);
}

/** The only card with that key to seal to. */
export async function cardOfPublicKey(database: Database, publicKey: string): Promise<CardRecord | null> {
  const row = await database<CardRow>('cards').where({ public_key: publicKey }).first();
  return row === undefined ? null : recordOf(row);
}

/** Puts it in place of what is known of that card. */
export async function keepCard(database: Database, card: CardRecord): Promise<void> {
  const { holder, end } = card;
  await database<CardRow>('cards')
    .insert({
      idm: card.idm,
      fcf_id: card.fcfId,
      state: card.state,
      key_id: card.keyId,
      public_key: card.publicKey,
      proof_key: card.proofKey,
      prepared_by: card.preparedBy,
      prepared_at: card.preparedAt,
      holder_mailbox: holder?.mailbox ?? null,
      holder_name: holder?.name ?? null,
      corporate_number: holder?.corporateNumber ?? null,
      bound_by: card.boundBy,
      bound_at: card.boundAt,
      ended_by: end?.by ?? null,
      ended_at: end?.at ?? null,
      decision: end?.decision ?? null,
      note: end?.note ?? null,
    })
    .onConflict('idm')
    .merge();
}

function recordOf(row: CardRow): CardRecord {
  const { holder_mailbox: mailbox, ended_by: by, ended_at: at, decision } = row;
  return {
    idm: row.idm,
    fcfId: row.fcf_id,
    state: row.state,
    keyId: row.key_id,
    publicKey: row.public_key,
    proofKey: row.proof_key,
    preparedBy: row.prepared_by,
    preparedAt: row.prepared_at,
    holder:
      mailbox === null ? null : { mailbox, name: row.holder_name ?? '', corporateNumber: row.corporate_number ?? '' },
    boundBy: row.bound_by,
    boundAt: row.bound_at,
    end: by === null || at === null || decision === null ? null : { by, at, decision, note: row.note ?? '' },
  };
}
