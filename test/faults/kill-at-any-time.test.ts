/** SIGKILL at moments that nobody chose, and between a log of the home and the database. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { silentLog } from '../../ca-core/log.ts';
import { openCa } from '../../ca-core/open-ca.ts';
import type { CaSettings } from '../../ca-core/settings.ts';
import { isPostgres, openDatabase } from '../../ca-core/store/database.ts';
import { aCa, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { checkPki } from '../support/check-pki.ts';
import { hasty, placeRevocation, placeWithServerKey, type Expectation } from '../support/every-kind-of-order.ts';
import { startKillable, type Killable } from '../support/killable.ts';

const isLong = process.env['KAKUIN_LONG'] === '1';
const randomKills = isLong ? 100 : 4;
const patience = isLong ? 1_800_000 : 60_000;

let platform: ACa;
let settings: CaSettings;
beforeAll(async () => {
  platform = await aCa();
  settings = hasty(platform.settings);
});
afterAll(() => platform.end());

/** A CA core that nobody kills takes over. */
async function recover(): Promise<void> {
  const core = await openCa(settings, { log: silentLog });
  await settle(core);
  await core.close();
}

async function issueSome(count: number): Promise<readonly string[]> {
  const subjectKey = aRequestedKey();
  const cases = Array.from({ length: count }, () => platform.aCase({ subjectKey }));
  for (const document of cases) await platform.approve(document);
  await recover();
  const rows = await Promise.all(cases.map(({ caseId }) => platform.store.certificates.ofCase(caseId)));
  return rows.flatMap(row => (row === undefined ? [] : [row.serialNumber]));
}

const newestNumber = async (): Promise<number> => (await platform.store.crls.newest(platform.ca))?.crlNumber ?? 0;
/** Nobody can write into the database from here on: what the CA core writes into its own log comes before, and then it is killed. */
async function killedBeforeItRecords(core: Killable, log: 'status.log' | 'signer.log'): Promise<void> {
  const file = join(platform.settings.home, 'ca', log);
  const size = statSync(file).size;
  const database = openDatabase(platform.settings.database);
  const transaction = await database.transaction();
  try {
    if (isPostgres(database)) await transaction.raw('LOCK TABLE status_changes, crls IN SHARE MODE');
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

describe('a CA core killed while it revokes', () => {
  it('brings what stands in its journal into the database', async () => {
    const [serialNumber = ''] = await issueSome(1);
    const core = startKillable(settings);
    await core.says('ready');
    const expectRevoked = await placeRevocation(platform, serialNumber);
    await killedBeforeItRecords(core, 'status.log');
    expect(await platform.store.status.of(platform.ca, serialNumber)).toEqual({ status: 'good' });
    await recover();
    await expectRevoked();
    expect(await checkPki(platform)).toEqual([]);
  });
});

describe('a CA core killed while it makes a CRL', () => {
  it('never uses the number again', async () => {
    await recover();
    const before = await newestNumber();
    const core = startKillable(settings);
    await core.says('ready');
    await platform.store.crls.order(platform.ca, 'test', platform.clock.now());
    await killedBeforeItRecords(core, 'signer.log');
    expect(await newestNumber()).toBe(before);
    await recover();
    expect(await newestNumber()).toBe(before + 2);
    expect(await checkPki(platform)).toEqual([]);
  });
});

describe('a CA core killed again and again while it issues, revokes and makes CRLs', () => {
  it(
    'loses nothing, does nothing twice, and its CRL numbers rise',
    async () => {
      const serials = await issueSome(randomKills);
      const numbers = [await newestNumber()];
      const placed: Expectation[] = [];
      for (const serialNumber of serials) {
        const core = startKillable(settings);
        await core.says('ready');
        placed.push(await placeRevocation(platform, serialNumber), await placeWithServerKey(platform));
        await platform.store.crls.order(platform.ca, 'test', platform.clock.now());
        core.go();
        await pause(Math.random() * 60);
        await core.kill();
        numbers.push(await newestNumber());
      }
      await recover();
      numbers.push(await newestNumber());
      expect(numbers.toSorted((one, other) => one - other)).toEqual(numbers);
      for (const expectEnded of placed) await expectEnded();
      await recover();
      expect(await checkPki(platform)).toEqual([]);
    },
    patience,
  );
});
