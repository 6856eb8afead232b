import { createPrivateKey, createPublicKey } from 'node:crypto';
import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RevocationDocument } from '../../ca-core/approvals/documents.ts';
import { failpoints } from '../../ca-core/failpoints.ts';
import { drawPickUpSecret, openSealed, pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { silentLog } from '../../ca-core/log.ts';
import { openCa } from '../../ca-core/open-ca.ts';
import type { CaSettings } from '../../ca-core/settings.ts';
import { openDatabase } from '../../ca-core/store/database.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { aCa, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { checkPki } from '../support/check-pki.ts';
import { startKillable, type Killable } from '../support/killable.ts';

const isLong = process.env['KAKUIN_LONG'] === '1';
const rounds = isLong ? 10 : 1;
const issuingPoints = failpoints.filter(point => / order\.(?!refuse|takeOver)/.test(point));
const randomKills = isLong ? 100 : 4;

let platform: ACa;
beforeAll(async () => {
  platform = await aCa();
});
afterAll(() => platform.end());

interface Placed {
  readonly caseId: string;
  readonly caseDigest: string;
  /** The applicant's, where the CA core makes the key. */
  readonly secret: string | null;
}

async function placeWithRequest(): Promise<Placed> {
  const document = platform.aCase({ subjectKey: aRequestedKey() });
  return { caseId: document.caseId, caseDigest: await platform.approve(document), secret: null };
}

async function placeWithServerKey(): Promise<Placed> {
  const secret = drawPickUpSecret();
  const sealTo = await pickUpPublicKey(secret);
  const document = platform.aCase({ subjectKey: { from: 'server', algorithm: 'p-256', sealTo } });
  return { caseId: document.caseId, caseDigest: await platform.approve(document), secret };
}

/** The certificate is there, and so is the key for it where the CA core made one. */
async function expectDelivered({ caseId, caseDigest, secret }: Placed): Promise<void> {
  const { store, clock } = platform;
  expect(await store.orders.ofCase(caseId)).toEqual({ state: 'issued', refusal: null });
  const row = await store.certificates.ofCase(caseId);
  if (row === undefined) throw new Error(`case ${caseId} has no certificate`);
  if (secret === null) return;
  const sealed = await store.deliveries.take(caseId, clock.now());
  const pkcs8 = await openSealed({ secret, caseId, caseDigest, sealed });
  const key = createPublicKey(createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' }));
  const spki = key.export({ format: 'der', type: 'spki' });
  expect(toHex(readCertificate(row.certificate).subjectPublicKeyInfo)).toBe(spki.toString('hex'));
}

/** A CA core that nobody kills takes over. */
async function recover(settings = platform.settings): Promise<void> {
  const core = await openCa(settings, { log: silentLog });
  await settle(core);
  await core.close();
}

describe.each(issuingPoints.flatMap(step => Array.from({ length: rounds }, (_, round) => [step, round] as const)))(
  'a CA core killed %s (round %i)',
  step => {
    it('has every order end in one certificate, none signed that was not intended', async () => {
      const placed = [await placeWithServerKey(), await placeWithRequest(), await placeWithServerKey()];
      const core = startKillable(platform.settings, step);
      await core.says(step);
      await core.kill();
      await recover();
      const certificates = (await platform.database('certificates').count<{ n: number }[]>('* as n'))[0]?.n;
      for (const one of placed) await expectDelivered(one);
      await recover();
      expect((await platform.database('certificates').count<{ n: number }[]>('* as n'))[0]?.n).toBe(certificates);
      expect(await checkPki(platform)).toEqual([]);
    });
  },
);

/** The same CA with no pause between two CRLs, so that many fit into a test. */
function hasty(): CaSettings {
  const policies = join(platform.settings.home, 'policies');
  cpSync(platform.settings.policies, policies, { recursive: true });
  const schedule = join(policies, 'schedule.yaml');
  writeFileSync(schedule, readFileSync(schedule, 'utf8').replace('minInterval: 5 seconds', 'minInterval: 0 seconds'));
  return { ...platform.settings, policies };
}

describe('a CA core killed while it revokes', () => {
  it('brings what stands in its journal into the database', async () => {
    const [serialNumber = ''] = await issueSome(1);
    const core = startKillable(platform.settings);
    await core.says('ready');
    await placeRevocation(serialNumber);
    await killedBeforeItRecords(core, 'status.log');
    expect(await platform.store.status.of(platform.ca, serialNumber)).toEqual({ status: 'good' });
    await recover();
    const status = await platform.store.status.of(platform.ca, serialNumber);
    expect(status).toMatchObject({ status: 'revoked', reason: 'keyCompromise' });
    expect((await platform.store.revocations.of(platform.ca, serialNumber)).map(order => order.state)).toEqual([
      'applied',
    ]);
    expect(await checkPki(platform)).toEqual([]);
  });
});

describe('a CA core killed while it makes a CRL', () => {
  it('never uses the number again', async () => {
    const settings = hasty();
    await recover(settings);
    const before = await newestNumber();
    const core = startKillable(settings);
    await core.says('ready');
    await platform.store.crls.order(platform.ca, 'test', platform.clock.now());
    await killedBeforeItRecords(core, 'signer.log');
    expect(await newestNumber()).toBe(before);
    await recover(settings);
    expect(await newestNumber()).toBe(before + 2);
    expect(await checkPki(platform)).toEqual([]);
  });
});

describe('a CA core killed again and again while it revokes and makes CRLs', () => {
  it(
    'loses no revocation, and its CRL numbers rise',
    async () => {
      const settings = hasty();
      const serials = await issueSome(randomKills);
      const numbers = [await newestNumber()];
      for (const serialNumber of serials) {
        const core = startKillable(settings);
        await core.says('ready');
        await placeRevocation(serialNumber);
        await platform.store.crls.order(platform.ca, 'test', platform.clock.now());
        core.go();
        await pause(Math.random() * 20);
        await core.kill();
        numbers.push(await newestNumber());
      }
      await recover(settings);
      numbers.push(await newestNumber());
      expect(numbers.toSorted((one, other) => one - other)).toEqual(numbers);
      const newest = await platform.store.crls.newest(platform.ca);
      const listed = [...readCrl(newest?.crl ?? new Uint8Array()).entries].map(entry => entry.serialNumber);
      expect(listed).toEqual(expect.arrayContaining([...serials]));
      expect(await checkPki(platform)).toEqual([]);
    },
    isLong ? 1_800_000 : 60_000,
  );
});

async function issueSome(count: number): Promise<readonly string[]> {
  const subjectKey = aRequestedKey();
  const cases = Array.from({ length: count }, () => platform.aCase({ subjectKey }));
  for (const document of cases) await platform.approve(document);
  await recover();
  const rows = await Promise.all(cases.map(({ caseId }) => platform.store.certificates.ofCase(caseId)));
  return rows.flatMap(row => (row === undefined ? [] : [row.serialNumber]));
}

async function placeRevocation(serialNumber: string): Promise<void> {
  const common = { kind: 'revocation', version: 1, ca: platform.ca, invalidityDate: null } as const;
  const requestedAt = platform.clock.now();
  const document: RevocationDocument = { ...common, serialNumber, reason: 'keyCompromise', requestedAt };
  await platform.approve(document, [platform.officers[0]]);
}

const newestNumber = async (): Promise<number> => (await platform.store.crls.newest(platform.ca))?.crlNumber ?? 0;

/** Nobody can write into the database from here on: what the CA core writes into its own log comes before, and then it is killed. */
async function killedBeforeItRecords(core: Killable, log: 'status.log' | 'signer.log'): Promise<void> {
  const file = join(platform.settings.home, 'ca', log);
  const size = statSync(file).size;
  const database = openDatabase(platform.settings.database);
  const transaction = await database.transaction();
  try {
    core.go();
    for (let waited = 0; statSync(file).size === size; waited++) {
      if (waited > 1000) throw new Error(`nothing was written into ${log}`);
      await pause(5);
    }
    await core.kill();
  } finally {
    await transaction.rollback();
    await database.destroy();
  }
}
