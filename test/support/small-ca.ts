/** What the CA core would write, and what an attacker writes by hand, in a real database. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import { migrateCa, openDatabase, openStore, type AuditEvent, type Store } from '../../ca-core/index.ts';
import { recordCertificates } from '../../ca-core/store/certificates.ts';
import type { Certificate } from '../../ca-core/x509/certificate.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import type { CrlReason } from '../../ca-core/x509/crl-entries.ts';
import type { Der } from '../../ca-core/x509/der.ts';
import { octetsOf, piecesOf } from '../../ca-core/x509/octets.ts';
import { placeOf } from './a-ca.ts';
import { aSmallPki, realNow, type SmallPki } from './small-pki.ts';

export interface SmallCa {
  readonly pki: SmallPki;
  /** A folder that is gone after `close`. */
  readonly home: string;
  /** As KAKUIN_DATABASE says it. */
  readonly location: string;
  readonly database: Knex;
  readonly store: Store;
  readonly issue: (serialNumber: string, notAfter?: number) => Promise<Certificate>;
  /** Writes the rows of a certificate, whoever signed it. */
  readonly record: (certificate: Certificate, serialNumber?: string) => Promise<void>;
  readonly change: (row: ChangeRow) => Promise<void>;
  readonly recordCrl: (crl: Der, row?: { readonly crlNumber?: number; readonly throughSeq?: number }) => Promise<void>;
  /** Several lists of one number; `complete` names the one of all. */
  readonly recordLists: (crlNumber: number, lists: Lists, of: ListsOf) => Promise<void>;
  readonly close: () => Promise<void>;
}

type Lists = Readonly<Record<string, Der>>;
interface ListsOf {
  readonly complete: string | null;
  /** thisUpdate of the row. */
  readonly at: number;
}

export interface ChangeRow {
  readonly serialNumber: string;
  readonly change: 'issued' | 'revoked' | 'released';
  readonly reason?: CrlReason;
  readonly revokedAt?: number;
}

export async function aSmallCa(wishes?: { readonly database: 'postgresql' }): Promise<SmallCa> {
  const pki = await aSmallPki();
  const home = mkdtempSync(join(tmpdir(), 'kakuin-ca-'));
  const { database: location = join(home, 'kakuin.db') } = await placeOf(wishes);
  const database = openDatabase(location);
  await migrateCa(database);
  const store = openStore(database);
  await store.issuers.add({ id: pki.rootId, name: 'root', role: 'root', certificate: pki.root.der }, realNow());
  await store.issuers.add({ id: pki.ca, name: 'issuing', role: 'issuing', certificate: pki.issuing.der }, realNow());
  const record = async (certificate: Certificate, serialNumber = certificate.serialNumber): Promise<void> => {
    const { der, notBefore, notAfter } = certificate;
    const ids = { issuer: pki.ca, serialNumber, orderId: null, caseId: null, profile: 'test', crlShard: 0 };
    await database.transaction(trx =>
      recordCertificates(trx, [{ ...ids, certificate: der, notBefore, notAfter }], realNow()),
    );
  };
  return {
    pki,
    home,
    location,
    database,
    store,
    record,
    issue: async (serialNumber, notAfter) => {
      const certificate = await pki.leaf(serialNumber, notAfter);
      await record(certificate);
      return certificate;
    },
    change: async row => {
      await database('status_changes').insert({
        issuer: pki.ca,
        serial_number: row.serialNumber,
        change: row.change,
        reason: row.reason ?? null,
        revoked_at: row.revokedAt ?? null,
        not_after: realNow() + 86_400,
        created_at: realNow(),
      });
    },
    recordCrl: (crl, row = {}) => recordCrl({ pki, store, crl, row }),
    recordLists: async (crlNumber, lists, { complete, at }) => {
      const mark = { issuer: pki.ca, crlNumber, thisUpdate: at, nextUpdate: at + 86_400, entries: 0 };
      const made = Object.entries(lists).map(([name, der]) => ({ name, octets: piecesOf(octetsOf(der)) }));
      const names = { lists: Object.keys(lists), complete, throughSeq: 0 };
      await store.crls.recordLists({ ...mark, ...names }, made, issuedEvent(at));
    },
    close: async () => {
      await database.destroy();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function recordCrl({
  pki,
  store,
  crl,
  row,
}: {
  pki: SmallPki;
  store: Store;
  crl: Der;
  row: { crlNumber?: number; throughSeq?: number };
}): Promise<void> {
  const { crlNumber, thisUpdate, nextUpdate } = readCrl(crl);
  const throughSeq = row.throughSeq ?? (await store.status.lastSeq());
  const numbers = { crlNumber: row.crlNumber ?? Number(crlNumber), throughSeq, entries: 0 };
  await store.crls.record({ issuer: pki.ca, crl, thisUpdate, nextUpdate, ...numbers }, issuedEvent(realNow()));
}

const issuedEvent = (at: number): AuditEvent => ({
  ...{ at, service: 'ca-core', action: 'crl.issued', actor: 'ca-core', subject: 'test', details: {} },
});
