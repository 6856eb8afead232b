import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import {
  databaseServices,
  grants,
  mostOctets,
  ownRows,
  writesAnyRow,
  type DatabaseService,
  type RowLimit,
  type TableGrants,
} from './grants.ts';

export interface ServiceRoles {
  /** Roles are the whole server's: `kakuin_` makes kakuin_ca_core, kakuin_ra_portal and so on. */
  readonly prefix: string;
  /** Of those services a role is made, or its password changed, and its grants are made what they should be. */
  readonly passwords: Readonly<Partial<Record<DatabaseService, string>>>;
  /** What services may do to tables that are not the CA's. */
  readonly further?: Readonly<Partial<Record<DatabaseService, TableGrants>>>;
}

export const roleOf = (prefix: string, service: DatabaseService): string => prefix + service.replaceAll('-', '_');

/**
 * Gives each service a role with only its grants. Run it as the owner of the tables, on PostgreSQL, after the
 * migrations; safe to run again.
 */
export async function grantServices(database: Knex, { prefix, passwords, further = {} }: ServiceRoles): Promise<void> {
  await database.transaction(async transaction => {
    const run = (sql: string, ...names: string[]) => transaction.raw(sql, names);
    const name = (await transaction.raw<{ rows: { name: string }[] }>('SELECT current_database() AS name')).rows[0]
      ?.name;
    await run('REVOKE ALL ON DATABASE ?? FROM PUBLIC', name ?? '');
    await run('REVOKE ALL ON SCHEMA public FROM PUBLIC');
    for (const table of Object.keys(ownRows)) await run('ALTER TABLE ?? ENABLE ROW LEVEL SECURITY', table);
    for (const service of databaseServices) {
      const password = passwords[service];
      if (password === undefined) continue;
      const role = roleOf(prefix, service);
      await makeRole(transaction, role, password);
      await run('GRANT CONNECT ON DATABASE ?? TO ??', name ?? '', role);
      await run('GRANT USAGE ON SCHEMA public TO ??', role);
      await run('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ??', role);
      for (const [table, privileges] of Object.entries({ ...grants[service], ...further[service] })) {
        await run(`GRANT ${privileges} ON ?? TO ??`, table, role);
        if (privileges.includes('INSERT')) await grantSequences(transaction, table, role);
      }
      for (const [table, limit] of Object.entries(ownRows)) {
        await limitRows(transaction, { table, limit, service, role });
      }
    }
  });
}

/** The password leaves here only as its SCRAM verifier: neither the wire nor the server's log sees it. */
async function makeRole(transaction: Knex, role: string, password: string): Promise<void> {
  const known = await transaction('pg_roles').where({ rolname: role }).first<object | undefined>('rolname');
  await transaction.raw(
    `${known === undefined ? 'CREATE' : 'ALTER'} ROLE ?? LOGIN PASSWORD '${scramVerifier(password)}'`,
    [role],
  );
}

/** RFC 5803 form, RFC 7677 mechanism: PostgreSQL keeps this instead of the password. */
function scramVerifier(password: string): string {
  const [salt, iterations] = [randomBytes(16), 4096];
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const keyed = (word: string): Buffer => createHmac('sha256', salted).update(word).digest();
  const storedKey = createHash('sha256').update(keyed('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${keyed('Server Key').toString('base64')}`;
}

/** Numbers that rows draw by themselves. */
async function grantSequences(transaction: Knex, table: string, role: string): Promise<void> {
  const { rows } = await transaction.raw<{ rows: { sequence: string | null }[] }>(
    `SELECT pg_get_serial_sequence(?, column_name) AS sequence FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = ? AND column_default LIKE 'nextval%'`,
    [table, table],
  );
  for (const { sequence } of rows) {
    if (sequence !== null) await transaction.raw(`GRANT USAGE ON SEQUENCE ${sequence} TO ??`, [role]);
  }
}

interface LimitedRole {
  readonly table: string;
  readonly limit: RowLimit;
  readonly service: DatabaseService;
  readonly role: string;
}

async function limitRows(transaction: Knex, { table, limit, service, role }: LimitedRole): Promise<void> {
  const { owner, short = [] } = limit;
  const rules = [`${owner} = '${service}'`, ...short.map(column => `octet_length(${column}) <= ${mostOctets}`)];
  const own = writesAnyRow(service) ? 'true' : rules.join(' AND ');
  const policies = [
    { name: `${role}_reads`, rule: 'FOR SELECT TO ?? USING (true)' },
    { name: `${role}_writes`, rule: `FOR ALL TO ?? USING (${own}) WITH CHECK (${own})` },
  ];
  for (const { name, rule } of policies) {
    await transaction.raw('DROP POLICY IF EXISTS ?? ON ??', [name, table]);
    await transaction.raw(`CREATE POLICY ?? ON ?? ${rule}`, [name, table, role]);
  }
}
