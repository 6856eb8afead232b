import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { AuditEvent } from '../audit/leaf.ts';
import type { UnixTime } from '../clock.ts';
import type { PkiError } from '../errors.ts';
import type { Der } from '../x509/der.ts';
import { noteOrKeep, type KeepLate } from './audit.ts';
import { recordCertificates, type RecordedCertificate } from './certificates.ts';
import { readOctets, readRefusal, type Refusal } from './read-row.ts';

/** The responder's wish for a certificate over its own key; see ca-core/signer-request.ts for the statement. */
export interface SignerRequest {
  readonly id: string;
  readonly issuer: string;
  readonly statement: string;
  readonly signature: Uint8Array;
  readonly state: 'waiting' | 'issued' | 'refused';
  readonly certificate: Der | null;
  readonly refusal: Refusal | null;
}

export interface SignerWish {
  readonly issuer: string;
  readonly statement: string;
  readonly signature: Uint8Array;
  readonly at: UnixTime;
}

export interface SignerStore {
  readonly request: (wish: SignerWish) => Promise<string>;
  readonly find: (id: string) => Promise<SignerRequest | undefined>;
  readonly newest: (issuer: string) => Promise<SignerRequest | undefined>;
  readonly waiting: () => Promise<readonly SignerRequest[]>;
  readonly issue: (id: string, certificate: RecordedCertificate, event: AuditEvent) => Promise<void>;
  readonly refuse: (id: string, refusal: PkiError, event: AuditEvent) => Promise<void>;
}

interface Row {
  id: string;
  issuer: string;
  statement: string;
  signature: Buffer;
  state: SignerRequest['state'];
  certificate: Buffer | null;
  refusal: string | null;
  created_at: number;
  closed_at: number | null;
}

export function openSignerStore(database: Knex, keepLate?: KeepLate): SignerStore {
  return {
    request: wish => placeRequest(database, wish),
    find: async id => {
      const row = await database<Row>('signer_requests').where({ id }).first();
      return row && requestOf(row);
    },
    newest: async issuer => {
      const row = await database<Row>('signer_requests')
        .where({ issuer, state: 'issued' })
        .orderBy('closed_at', 'desc')
        .first();
      return row && requestOf(row);
    },
    waiting: async () =>
      (await database<Row>('signer_requests').where({ state: 'waiting' }).orderBy('created_at').limit(20)).map(
        requestOf,
      ),
    issue: (id, certificate, event) =>
      database.transaction(async transaction => {
        await recordCertificates(transaction, [certificate], event.at);
        const closed = {
          state: 'issued' as const,
          certificate: Buffer.from(certificate.certificate),
          closed_at: event.at,
        };
        await transaction<Row>('signer_requests').where({ id }).update(closed);
        await noteOrKeep(transaction, [event], keepLate);
      }),
    refuse: (id, refusal, event) =>
      database.transaction(async transaction => {
        const text = JSON.stringify({ code: refusal.code, values: refusal.values });
        await transaction<Row>('signer_requests')
          .where({ id })
          .update({ state: 'refused', refusal: text, closed_at: event.at });
        await noteOrKeep(transaction, [event], keepLate);
      }),
  };
}

async function placeRequest(database: Knex, wish: SignerWish): Promise<string> {
  const { issuer, statement, signature, at } = wish;
  const id = randomUUID();
  const row = { id, issuer, statement, signature: Buffer.from(signature), state: 'waiting' as const, created_at: at };
  await database<Row>('signer_requests').insert(row);
  return id;
}

function requestOf(row: Row): SignerRequest {
  return {
    id: row.id,
    issuer: row.issuer,
    statement: row.statement,
    signature: readOctets(row.signature),
    state: row.state,
    certificate: row.certificate === null ? null : readOctets(row.certificate),
    refusal: readRefusal(row.refusal),
  };
}
