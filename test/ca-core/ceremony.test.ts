import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isCeremonyHeld, runCeremony } from '../../ca-core/ceremony.ts';
import { systemClock } from '../../ca-core/clock.ts';
import { openAnchors } from '../../ca-core/home/home.ts';
import { operatorOf } from '../../ca-core/home/operators.ts';
import { silentLog } from '../../ca-core/log.ts';
import { openCa } from '../../ca-core/open-ca.ts';
import { readPolicies } from '../../ca-core/profiles/read-policies.ts';
import { openDatabase } from '../../ca-core/store/database.ts';
import { migrateCa } from '../../ca-core/store/migrate-ca.ts';
import { openStore, type Store } from '../../ca-core/store/store.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { readCertificate, verifyCertificate } from '../../ca-core/x509/certificate.ts';
import { ceremonyPlan, settingsOf } from '../support/a-ceremony.ts';
import { ecKey } from '../support/certificates.ts';
import { checkPki } from '../support/check-pki.ts';
import { judge } from '../support/openssl.ts';
import { settle } from '../support/a-ca.ts';

const responder = ecKey();
let home: string;
let settings: ReturnType<typeof settingsOf>;
let database: ReturnType<typeof openDatabase>;
let store: Store;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'kakuin-ceremony-'));
  settings = settingsOf(home);
  writeFileSync(settings.passphraseFile, 'a passphrase for tests', { mode: 0o600 });
  database = openDatabase(settings.database);
  await migrateCa(database);
  store = openStore(database);
});
afterEach(async () => {
  await database.destroy();
  rmSync(home, { recursive: true });
});

const plan = (change: { readonly store?: Store } = {}) => ({
  ...ceremonyPlan({ settings, store, policies: readPolicies(settings.policies), clock: systemClock, responder }),
  ...change,
});

/** A store of which one step fails, as when the machine goes down there. */
const failingAt = (step: 'crl' | 'root' | 'issuing'): Store => ({
  ...store,
  crls: {
    ...store.crls,
    record: (...args) => (step === 'crl' ? Promise.reject(new Error('down')) : store.crls.record(...args)),
  },
  issuers: {
    ...store.issuers,
    add: (issuer, at) => (issuer.role === step ? Promise.reject(new Error('down')) : store.issuers.add(issuer, at)),
  },
});

async function expectWorkingCa(): Promise<void> {
  const core = await openCa(settings, { log: silentLog });
  await settle(core);
  await core.close();
  expect(await checkPki({ settings, database })).toEqual([]);
}

describe('the ceremony', () => {
  it('makes a working CA, keys that only this account reads, and says nothing secret', async () => {
    const said: string[] = [];
    const outcome = await runCeremony({ ...plan(), say: line => said.push(line) });
    expect(await isCeremonyHeld(store)).toBe(true);
    expect(said).not.toEqual([]);
    for (const { secret } of outcome.operatorSecrets) expect(said.join('\n')).not.toContain(secret);
    expect(said.join('\n')).not.toContain('passphrase');
    for (const folder of ['root/keys', 'ca/keys', 'ca/operators']) {
      for (const file of readdirSync(join(home, folder))) {
        expect(statSync(join(home, folder, file)).mode & 0o777).toBe(0o600);
      }
    }
    const anchors = await openAnchors(join(home, 'ca'));
    const [one, other] = outcome.operatorSecrets;
    expect(await operatorOf(anchors.operators, one?.secret ?? '')).toBe('operator-1');
    expect(await operatorOf(anchors.operators, other?.secret ?? '')).toBe('operator-2');
    expect(await operatorOf(anchors.operators, 'nobody')).toBeUndefined();
    await expectWorkingCa();
  });

  it('makes a CRL of the root that verifies', async () => {
    const { root } = await runCeremony(plan());
    const rows = await store.issuers.list();
    const crl = await store.crls.newest(rows.find(({ role }) => role === 'root')?.id ?? '');
    const said = judge('sh', ['-c', 'openssl crl -inform DER -in crl -noout -CAfile root.pem 2>&1'], {
      crl: crl?.crl ?? '',
      'root.pem': encodePem('CERTIFICATE', root),
    });
    expect(said.toString()).toContain('verify OK');
    expect(crl?.crlNumber).toBe(1);
  });

  it.each(['crl', 'root', 'issuing'] as const)('interrupted before it recorded %s can be run again', async step => {
    await expect(runCeremony(plan({ store: failingAt(step) }))).rejects.toThrow('down');
    expect(await isCeremonyHeld(store)).toBe(false);
    const keys = readdirSync(join(home, 'root', 'keys'));
    const { root, issuing } = await runCeremony(plan());
    expect(readdirSync(join(home, 'root', 'keys'))).toEqual(keys);
    const rows = await store.issuers.list();
    expect(rows.find(({ role }) => role === 'issuing')?.certificate).toEqual(issuing);
    expect(rows.find(({ role }) => role === 'root')?.certificate).toEqual(root);
    expect(verifyCertificate(readCertificate(issuing), readCertificate(root).subjectPublicKeyInfo)).toBe(true);
    await expectWorkingCa();
  });

  it('before which no CA core starts', async () => {
    await expect(openCa(settings, { log: silentLog })).rejects.toThrow('notInitialised');
    expect(existsSync(join(home, 'ca', 'keys'))).toBe(false);
  });

  it('after which a wrong passphrase opens nothing', async () => {
    await runCeremony(plan());
    writeFileSync(settings.passphraseFile, 'another passphrase');
    await expect(openCa(settings, { log: silentLog })).rejects.toThrow('passphraseWrong');
  });

  it('after which one CA core runs at a time', async () => {
    await runCeremony(plan());
    const core = await openCa(settings, { log: silentLog });
    await expect(openCa(settings, { log: silentLog })).rejects.toThrow('alreadyRunning');
    await core.close();
    await (await openCa(settings, { log: silentLog })).close();
  });
});
