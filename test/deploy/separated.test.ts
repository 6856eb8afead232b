/** Separation shown: each service with its own system user, database role and network namespace, and the story still goes. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../ca-core/store/database.ts';
import { playStory } from '../../scripts/demo/story.ts';
import { serviceNames, type ServiceName } from '../../scripts/settings.ts';
import { checkPki } from '../support/check-pki.ts';
import { mayMakeNetworks } from './networks.ts';
import { startSeparated, type Separated } from './separated.ts';

const may = mayMakeNetworks();
if (!may)
  process.stderr.write(
    '\nNOT TRIED: services in network namespaces, since this account may not make any (root may).\n',
  );

const out = mkdtempSync(join(tmpdir(), 'kakuin-story-'));
let platform: Separated;
let isStarted = false;

const homes: readonly (readonly [ServiceName, string])[] = [
  ['ca-core', 'ca'],
  ['ocsp-responder', 'responder'],
  ['crl-publisher', 'crl'],
  ['ra-portal', 'portal'],
  ['monitor', 'monitor'],
];

/** What a program in that service's place gets when it connects there. */
function connecting(from: ServiceName, address: string, port: number): string {
  const script = `require('net').connect({ host: '${address}', port: ${port}, timeout: 2000 })
    .on('connect', () => end('connected')).on('timeout', () => end('timeout')).on('error', error => end(error.code))
    function end(word) { console.log(word); process.exit() }`;
  return platform.as(from, process.execPath, '-e', script).stdout.trim();
}

/** SQLSTATE of a statement under a service's own role, or nothing when it went through. */
async function sqlState(service: ServiceName, ...statements: string[]): Promise<(string | undefined)[]> {
  const database = openDatabase(platform.databaseOf(service));
  const states = [];
  for (const statement of statements) {
    const outcome = database.raw(statement).then(
      () => undefined,
      (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
    );
    states.push(await outcome);
  }
  await database.destroy();
  return states;
}

const refused = '42501';

/** CRLs are for everybody, and the CA core compares what the responder knows with what it signed. */
const mayRead = (service: ServiceName, owner: ServiceName): boolean =>
  owner === service || owner === 'crl-publisher' || (owner === 'ocsp-responder' && service === 'ca-core');

describe.runIf(may)('each service apart', () => {
  beforeAll(async () => {
    platform = await startSeparated();
    isStarted = true;
  }, 300_000);
  afterAll(async () => {
    if (isStarted) await platform.end();
    rmSync(out, { recursive: true, force: true });
  });

  it('plays the whole story, from the first officers to OCSP and the CRL', { timeout: 120_000 }, async () => {
    const { links } = JSON.parse(await platform.console('officers', 'founders', '--json')) as { links: string[] };
    const told: string[] = [];
    await playStory({ ...platform, links }, out, line => told.push(line));
    expect(told.at(-1)).toBe('A new CRL holds the certificate.');
    expect(await platform.console('officers', 'founders')).toBe('The roll has its first two officers.\n');
  });

  it('the CA core has no network, and nothing listens there', () => {
    const { as } = platform;
    expect(as('ca-core', 'ss', '-Hltun').stdout).toBe('');
    expect(as('ca-core', 'ip', '-br', 'addr').stdout.trim().split(/\s+/)).toEqual(['lo', 'DOWN']);
    expect(as('ca-core', 'ip', 'route').stdout).toBe('');
    expect(as('ra-portal', 'ss', '-Hltn').stdout).not.toBe('');
  });

  it('no service has a path to another: portal, desk, responder and publisher meet in the database alone', () => {
    const listening = { 'ocsp-responder': 'OCSP', 'crl-publisher': 'CRL', 'approval-desk': 'APPROVAL' } as const;
    for (const [other, word] of Object.entries(listening)) {
      const port = platform.settings.ports.get(`KAKUIN_${word}_PORT`) ?? 0;
      const address = platform.networks.get(other as ServiceName)?.address ?? '';
      expect(connecting('ra-portal', address, port)).toBe('ENETUNREACH');
    }
    expect(connecting('ca-core', platform.networks.get('ra-portal')?.address ?? '', 80)).toBe('ENETUNREACH');
    expect(platform.networks.get('ca-core')?.address).toBeNull();
  });

  it.each(serviceNames)('%s runs as its own user, without a right, and reads no other’s home or secrets', service => {
    const { as, root, running, settings } = platform;
    const pid = running.get(service)?.pid ?? 0;
    const status = as(service, 'grep', '-E', '^(Uid|CapEff|CapBnd|NoNewPrivs):', `/proc/${pid}/status`).stdout;
    const id = String(root.idOf(`kakuin-${service}`));
    expect(status.split(/\s+/).slice(0, 5)).toEqual(['Uid:', id, id, id, id]);
    expect(status).toMatch(/CapEff:\s0+\nCapBnd:\s0+\nNoNewPrivs:\s1/);
    const readable = (path: string): boolean => as(service, 'test', '-r', path).status === 0;
    for (const [owner, folder] of homes)
      expect([folder, readable(join(settings.home, folder))]).toEqual([folder, mayRead(service, owner)]);
    expect(readable(join(settings.home, 'responder/status.jsonl'))).toBe(mayRead(service, 'ocsp-responder'));
    expect(readable(join(settings.home, 'responder/signer-1.key.json'))).toBe(service === 'ocsp-responder');
    for (const owner of serviceNames)
      expect(readable(join(root.folder, 'run/credentials', owner, 'database'))).toBe(owner === service);
    for (const secret of ['operator.password', 'credentials/ca-core.passphrase', 'credentials'])
      expect(readable(join(root.folder, 'etc/kakuin', secret))).toBe(false);
    expect(readable(join(settings.home, 'root'))).toBe(false);
    for (const [other, child] of running)
      expect(as(service, 'kill', '-0', String(child.pid)).status === 0).toBe(other === service);
  });

  it('the responder’s role writes nothing but its wish for a certificate and how it is', async () => {
    const owner = openDatabase(platform.owner);
    const { rows } = await owner.raw<{ rows: { name: string; column: string; type: string }[] }>(
      `SELECT table_name AS name, column_name AS column, data_type AS type FROM information_schema.columns
       WHERE table_schema = 'public' AND ordinal_position = 1`,
    );
    await owner.destroy();
    expect(rows.length).toBeGreaterThan(40);
    for (const { name, column, type } of rows) {
      const insert = `INSERT INTO ${name} ("${column}") SELECT NULL::${type} WHERE false`;
      const changes = [`UPDATE ${name} SET "${column}" = "${column}"`, `DELETE FROM ${name}`, `TRUNCATE ${name}`];
      const [inserted, updated, ...gone] = await sqlState('ocsp-responder', insert, ...changes);
      const mayInsert = name === 'signer_requests' || name === 'service_states';
      expect([name, inserted]).toEqual([name, mayInsert ? undefined : refused]);
      // Its own row of service_states is all that the row's policy lets it touch.
      if (name !== 'service_states') expect([name, updated]).toEqual([name, refused]);
      expect([name, ...gone]).toEqual([name, refused, refused]);
    }
  });

  it('nobody in the portal’s place approves, issues, forgets a revocation or signs for the CA core', async () => {
    const states = await sqlState(
      'ra-portal',
      "UPDATE issuance_orders SET state = 'approved'",
      'INSERT INTO issuance_orders SELECT * FROM issuance_orders',
      'INSERT INTO approvals SELECT * FROM approvals',
      'INSERT INTO certificates SELECT * FROM certificates',
      'UPDATE certificates SET serial_number = serial_number',
      'DELETE FROM certificates',
      'DELETE FROM status_changes',
      "UPDATE revocation_orders SET state = 'refused'",
      'UPDATE rolls SET document = document',
      'UPDATE issuers SET certificate = certificate',
      'DELETE FROM crls',
      'DELETE FROM audit_log',
      'UPDATE documents SET digest = digest',
    );
    expect(states).toEqual(states.map(() => refused));
  });

  it('the console compares every place, the responder’s and the publisher’s too', async () => {
    const told = await platform.console('reconcile');
    expect(told).toContain('Every place says the same.');
    expect(told).not.toContain('not compared');
  });

  it('has no key on the machine that would open its backups', () => {
    expect(readdirSync(platform.settings.home).filter(name => name.startsWith('backup'))).toEqual([]);
  });

  it('leaves a whole PKI', async () => {
    await platform.stop();
    const database = openDatabase(platform.owner);
    expect(await checkPki({ settings: platform.settings, database })).toEqual([]);
    await database.destroy();
  });
});
