import type { RevocationReason, TokenState } from '../../ca-core/index.ts';
import type { Database } from './database.ts';

export interface TokenHolder {
  readonly name: string;
  /** Folded. */
  readonly mailbox: string;
  readonly organisationName: string;
  readonly corporateNumber: string;
}

export interface UsbToken {
  readonly serial: string;
  readonly model: string;
  /** Member id of the station at which it lies. */
  readonly station: string;
  readonly state: TokenState;
  /** Whose key is on it, or will be; null: nobody's. */
  readonly caseId: string | null;
  readonly holder: TokenHolder | null;
  /** On it. */
  readonly certificate: { readonly issuer: string; readonly serialNumber: string } | null;
  /** What was asked for its certificate and is not done by the CA core yet. */
  readonly awaits: 'revocation' | 'release' | null;
  readonly reason: RevocationReason | null;
  /** Digest of what waits for signatures, or waited last; null where nothing is written down. */
  readonly document: string | null;
  readonly letter: HandedOver | null;
  readonly handed: HandedOver | null;
  readonly changedAt: number;
}

/** Who gave the letter, or the token, to its holder. */
export interface HandedOver {
  readonly by: string;
  readonly at: number;
}

interface TokenRow {
  serial: string;
  model: string;
  station: string;
  state: TokenState;
  case_id: string | null;
  holder_name: string | null;
  holder_mailbox: string | null;
  organisation_name: string | null;
  corporate_number: string | null;
  issuer: string | null;
  serial_number: string | null;
  awaits: 'revocation' | 'release' | null;
  reason: RevocationReason | null;
  document: string | null;
  letter_by: string | null;
  letter_at: number | null;
  handed_by: string | null;
  handed_at: number | null;
  changed_at: number;
}

const table = 'usb_tokens';

export async function findUsbToken(database: Database, serial: string): Promise<UsbToken | null> {
  const row = await database<TokenRow>(table).where({ serial }).first();
  return row === undefined ? null : tokenOf(row);
}

export interface TokenQuestion {
  /** Part of a serial number, a name or a mailbox; empty for all. */
  readonly text?: string;
  readonly state?: TokenState | undefined;
  readonly serial?: string | undefined;
  readonly station?: string | undefined;
  /** Of the holder; null for all. */
  readonly corporateNumber?: string | null;
  readonly awaiting?: 'only' | undefined;
}

/** By serial number. */
export async function findUsbTokens(
  database: Database,
  question: TokenQuestion,
  { limit, offset = 0 }: { readonly limit: number; readonly offset?: number },
): Promise<readonly UsbToken[]> {
  const rows = await asked(database, question).orderBy('serial').limit(limit).offset(offset);
  return rows.map(tokenOf);
}

/** How many are in each state. */
export async function countUsbTokens(
  database: Database,
  question: TokenQuestion,
): Promise<Readonly<Partial<Record<TokenState, number>>>> {
  const rows = await asked(database, question)
    .select('state')
    .count<{ state: TokenState; n: number | string }[]>('* as n')
    .groupBy('state');
  return Object.fromEntries(rows.map(({ state, n }) => [state, Number(n)]));
}

function asked(database: Database, { text = '', state, serial, station, corporateNumber, awaiting }: TokenQuestion) {
  const query = database<TokenRow>(table);
  if (state !== undefined) void query.where({ state });
  if (serial !== undefined) void query.where({ serial });
  if (station !== undefined) void query.where({ station });
  if (corporateNumber != null) void query.where({ corporate_number: corporateNumber });
  if (awaiting === 'only') void query.whereNotNull('awaits');
  if (text !== '') {
    const pattern = `%${text.replace(/[\\%_]/g, found => `\\${found}`)}%`;
    void query.where(matching => {
      for (const column of ['serial', 'holder_name', 'holder_mailbox', 'organisation_name', 'case_id']) {
        void matching.orWhereRaw("lower(??) LIKE lower(?) ESCAPE '\\'", [column, pattern]);
      }
    });
  }
  return query;
}

/** Those that wait for somebody, by station. */
export async function blankTokens(database: Database, limit: number): Promise<readonly UsbToken[]> {
  const rows = await database<TokenRow>(table)
    .where({ state: 'unformatted' })
    .whereNotIn('serial', database('token_jobs').where({ state: 'open' }).select('serial'))
    .orderBy(['station', 'serial'])
    .limit(limit);
  return rows.map(tokenOf);
}

/** Those whose certificate the CA core revoked or released after `seq` of its status changes. */
export async function tokensDecidedAfter(database: Database, seq: number): Promise<readonly string[]> {
  const decided = database('status_changes as s')
    .whereRaw("s.issuer = t.issuer AND s.serial_number = t.serial_number AND s.change <> 'issued'")
    .where('s.seq', '>', seq)
    .select('s.seq');
  return database<TokenRow>(`${table} as t`).whereExists(decided).orderBy('serial').pluck<string[]>('serial');
}

/** Those that ended while their certificate was on its way. */
export async function tokensToRevoke(database: Database): Promise<readonly string[]> {
  return database<TokenRow>(table)
    .where({ awaits: 'revocation' })
    .whereNull('serial_number')
    .orderBy('serial')
    .pluck<string[]>('serial');
}

/** Puts it in place of what is known of that token. */
export async function keepUsbToken(database: Database, token: UsbToken): Promise<void> {
  await database<TokenRow>(table).insert(rowOf(token)).onConflict('serial').merge();
}

function rowOf(token: UsbToken): TokenRow {
  const { holder, certificate, letter, handed } = token;
  return {
    serial: token.serial,
    model: token.model,
    station: token.station,
    state: token.state,
    case_id: token.caseId,
    holder_name: holder?.name ?? null,
    holder_mailbox: holder?.mailbox ?? null,
    organisation_name: holder?.organisationName ?? null,
    corporate_number: holder?.corporateNumber ?? null,
    issuer: certificate?.issuer ?? null,
    serial_number: certificate?.serialNumber ?? null,
    awaits: token.awaits,
    reason: token.reason,
    document: token.document,
    letter_by: letter?.by ?? null,
    letter_at: letter?.at ?? null,
    handed_by: handed?.by ?? null,
    handed_at: handed?.at ?? null,
    changed_at: token.changedAt,
  };
}

function tokenOf(row: TokenRow): UsbToken {
  const { holder_name: name, issuer, serial_number: serialNumber } = row;
  return {
    serial: row.serial,
    model: row.model,
    station: row.station,
    state: row.state,
    caseId: row.case_id,
    holder:
      name === null
        ? null
        : {
            name,
            mailbox: row.holder_mailbox ?? '',
            organisationName: row.organisation_name ?? '',
            corporateNumber: row.corporate_number ?? '',
          },
    certificate: issuer === null || serialNumber === null ? null : { issuer, serialNumber },
    awaits: row.awaits,
    reason: row.reason,
    document: row.document,
    letter: handedOver(row.letter_by, row.letter_at),
    handed: handedOver(row.handed_by, row.handed_at),
    changedAt: row.changed_at,
  };
}

const handedOver = (by: string | null, at: number | null): HandedOver | null =>
  by === null || at === null ? null : { by, at };
