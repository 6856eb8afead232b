import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Knex } from 'knex';
import { silentLog } from '../../ca-core/log.ts';
import { openCa } from '../../ca-core/open-ca.ts';
import { grantServices, roleOf } from '../../ca-core/store/grant-services.ts';
import { databaseServices, grants, mostOctets, type DatabaseService } from '../../ca-core/store/grants.ts';
import { openDatabase } from '../../ca-core/store/database.ts';
import { openStore, type Store } from '../../ca-core/store/store.ts';
import { migratePortal } from '../../ra-portal/store/database.ts';
import { portalGrants } from '../../ra-portal/store/grants.ts';
import { aCa, settle, type ACa } from '../support/a-ca.ts';
import { checkPki } from '../support/check-pki.ts';

const prefix = 'kakuin_test_';
const passwordOf = (service: DatabaseService): string => `p'w "${service}" of a test`;
let platform: ACa;
const connections = new Map<DatabaseService, Knex>();

const urlOf = (service: DatabaseService): string => {
  const url = new URL(platform.settings.database);
  url.username = roleOf(prefix, service);
  url.password = encodeURIComponent(passwordOf(service));
  return url.href;
};

function as(service: DatabaseService): Knex {
  const known = connections.get(service) ?? openDatabase(urlOf(service));
  connections.set(service, known);
  return known;
}

const storeOf = (service: DatabaseService): Store => openStore(as(service));

beforeAll(async () => {
  platform = await aCa({ database: 'postgresql' });
  await migratePortal(platform.database);
  const passwords = Object.fromEntries(databaseServices.map(service => [service, passwordOf(service)]));
  await grantServices(platform.database, { prefix, passwords, further: portalGrants });
  await grantServices(platform.database, { prefix, passwords, further: portalGrants });
});

afterAll(async () => {
  for (const connection of connections.values()) await connection.destroy();
  await platform.end();
});

interface Column {
  readonly table: string;
  readonly column: string;
  readonly type: string;
}

/** Each statement changes nothing; a role that may not do it is refused all the same. */
const tries = ({ table, column, type }: Column): Record<string, string> => ({
  SELECT: `SELECT * FROM ${table} WHERE false`,
  INSERT: `INSERT INTO ${table} ("${column}") SELECT NULL::${type} WHERE false`,
  UPDATE: `UPDATE ${table} SET "${column}" = NULL WHERE false`,
  DELETE: `DELETE FROM ${table} WHERE false`,
  TRUNCATE: `TRUNCATE ${table}`,
  'DROP TABLE': `DROP TABLE ${table}`,
});

/** SQLSTATE, or nothing when it went through. */
async function sqlState(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  );
}

describe.each(databaseServices)('%s', service => {
  it('can do to each table what its grants say and nothing else', async () => {
    const { rows } = await platform.database.raw<{ rows: Column[] }>(
      `SELECT table_name AS table, column_name AS column, data_type AS type FROM information_schema.columns
       WHERE table_schema = 'public' AND ordinal_position = 1`,
    );
    expect(rows.length).toBeGreaterThan(28);
    const granted: Readonly<Record<string, string>> = { ...grants[service], ...portalGrants[service] };
    const wrong: string[] = [];
    for (const row of rows) {
      const { table } = row;
      for (const [privilege, statement] of Object.entries(tries(row))) {
        const state = await sqlState(as(service).raw(statement));
        const isGranted = granted[table]?.split(/,\s*(?![^(]*\))/).includes(privilege) ?? false;
        // 42501: insufficient_privilege; so is what only an owner may do.
        if ((state === undefined) !== isGranted || (state !== undefined && state !== '42501'))
          wrong.push(`${privilege} ${table}: ${state ?? 'done'}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('makes no tables, roles or functions', async () => {
    const mischief = ['CREATE TABLE t (a int)', 'CREATE ROLE r', 'CREATE FUNCTION f() RETURNS int RETURN 1'];
    for (const sql of mischief) expect(await sqlState(as(service).raw(sql))).toBe('42501');
  });
});

describe('what matters most', () => {
  const writers = (table: string): DatabaseService[] =>
    databaseServices.filter(service => /INSERT|UPDATE|DELETE/.test(grants[service][table] ?? ''));

  it('is written by one service alone', () => {
    for (const table of ['audit_log', 'certificates', 'status_changes', 'intentions', 'leases'])
      expect(writers(table)).toEqual(['ca-core']);
    expect(writers('approvals')).toEqual(['approval-desk']);
    expect(writers('signer_requests')).toEqual(['ca-core', 'ocsp-responder']);
  });

  it('no service speaks in the name of another', async () => {
    const event = { at: 1, action: 'a', actor: 'b', subject: 'c', details: {} };
    for (const service of ['ra-portal', 'approval-desk', 'crl-publisher'] as const) {
      const { audit, states } = storeOf(service);
      expect(await sqlState(audit.note({ ...event, service: 'ca-core' }))).toBe('42501');
      expect(await sqlState(audit.note({ ...event, service }))).toBeUndefined();
      const state = { state: 'red' as const, detail: '', seenAt: 1 };
      expect(await sqlState(states.beat({ ...state, service: 'ca-core' }))).toBe('42501');
      expect(await sqlState(states.beat({ ...state, service }))).toBeUndefined();
    }
  });

  it('the portal neither asks in an officer’s place to revoke nor keeps an officer from it', async () => {
    const digest = 'd'.repeat(64);
    const row = { action: 'revoke', issuer: 'i', serial_number: '1', digest, document: '{}', approvals: '[]' };
    const ask = (service: DatabaseService, askedBy: string, change: object = {}) =>
      as(service)('revocation_orders').insert({
        ...{ ...row, id: `${service} ${askedBy}`, asked_by: askedBy, state: 'refused', created_at: 1 },
        ...change,
      });
    expect(await sqlState(ask('ra-portal', 'officer'))).toBe('42501');
    expect(await sqlState(ask('ra-portal', 'subscriber'))).toBeUndefined();
    expect(await sqlState(ask('approval-desk', 'subscriber', { id: 'other' }))).toBe('42501');
    expect(await sqlState(ask('approval-desk', 'officer'))).toBeUndefined();
    await platform.database('revocation_orders').where({ digest }).delete();
  });

  it('no service fills the memory of whoever reads: what all are read of is short', async () => {
    const long = 'x'.repeat(mostOctets);
    const event = { at: 1, service: 'ra-portal', action: 'a', actor: 'b', subject: long, details: {} };
    expect(await sqlState(storeOf('ra-portal').audit.note(event))).toBe('42501');
    const portal = as('ra-portal');
    const request = { digest: 'e'.repeat(64), request: `${long}x`, created_at: 1 };
    expect(await sqlState(portal('station_requests').insert(request))).toBe('42501');
  });

  it('the portal hands out a sealed key and cannot put another in its place, nor prolong it', async () => {
    const deliveries = () => as('ra-portal')('deliveries').where({ case_id: 'none' });
    expect(await sqlState(deliveries().update({ sealed_key: null, picked_up_at: 1 }))).toBeUndefined();
    expect(await sqlState(deliveries().update({ expires_at: 1 }))).toBe('42501');
    expect(await sqlState(deliveries().delete())).toBe('42501');
  });

  it('and each service can do its work', async () => {
    const { clock, ca } = platform;
    const now = clock.now();
    const document = platform.aCase();
    const digest = await storeOf('ra-portal').documents.put(document, now);
    for (const officer of platform.officers) {
      await storeOf('approval-desk').approvals.record({ digest, at: now, ...officer.approve(document) });
    }
    const own = await openCa({ ...platform.settings, database: urlOf('ca-core') }, { log: silentLog });
    await settle(own);
    const row = await storeOf('ra-portal').certificates.ofCase(document.caseId);
    if (row === undefined) throw new Error('not issued');
    expect((await storeOf('ra-portal').deliveries.take(document.caseId, now)).length).toBeGreaterThan(100);
    const { serialNumber } = row;
    const wish = { kind: 'revocation', version: 1, ca, serialNumber, invalidityDate: null, requestedAt: now } as const;
    await storeOf('ra-portal').revocations.order({ document: { ...wish, reason: 'superseded' }, at: now });
    await storeOf('crl-publisher').crls.order(ca, 'a test', now);
    await settle(own);
    expect(await storeOf('ocsp-responder').status.of(ca, serialNumber)).toMatchObject({ status: 'revoked' });
    const asked = { issuer: ca, statement: '{}', signature: new Uint8Array(1), at: now };
    const id = await storeOf('ocsp-responder').signers.request(asked);
    await settle(own);
    expect((await storeOf('ocsp-responder').signers.find(id))?.state).toBe('refused');
    await own.close();
    expect(await checkPki(platform)).toEqual([]);
  });
});
