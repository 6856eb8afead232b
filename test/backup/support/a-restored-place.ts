/** What is left of a drill's CA after a disaster, to be restored into and recovered; and what must hold of it afterwards. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { restoreBackup } from '../../../ca-core/backup/restore.ts';
import { takeMarksAway } from '../../../ca-core/backup/restored-mark.ts';
import { silentLog } from '../../../ca-core/log.ts';
import { openCa, type OpenCa } from '../../../ca-core/open-ca.ts';
import type { RecoverySources } from '../../../ca-core/recovery/put-together.ts';
import { recover, type RecoveryReport } from '../../../ca-core/recovery/recover.ts';
import type { CaSettings } from '../../../ca-core/settings.ts';
import { openDatabase } from '../../../ca-core/store/database.ts';
import { openStore, type Store } from '../../../ca-core/store/store.ts';
import { migrateTo } from '../../../scripts/tables.ts';
import { aRequestedKey, placeOf, settle } from '../../support/a-ca.ts';
import { checkPki } from '../../support/check-pki.ts';
import { compareAllPlaces, followAsResponder } from '../../support/every-place.ts';
import { approveAt, entriesOf, newestCrl, type RestoreDrill } from './a-restore-drill.ts';

export interface Place {
  readonly settings: CaSettings;
  readonly restore: (only?: 'database' | 'home') => Promise<void>;
  readonly open: () => Promise<OpenCa>;
  readonly recover: (sources?: Partial<RecoverySources>) => Promise<RecoveryReport>;
  readonly withStore: <T>(work: (store: Store, database: ReturnType<typeof openDatabase>) => Promise<T>) => Promise<T>;
}

/** What was not lost: home and database are today's. */
export interface Left {
  readonly home?: true;
  readonly database?: true;
  readonly copy?: true;
}

let places = 0;

export async function aPlace({ settings, folder, backup, clock }: RestoreDrill, left: Left = {}): Promise<Place> {
  const own = join(folder, `place-${++places}`);
  const home = join(own, 'home');
  mkdirSync(home, { recursive: true });
  cpSync(settings.passphraseFile, join(home, 'passphrase'));
  if (left.home) cpSync(join(settings.home, 'ca'), join(home, 'ca'), { recursive: true });
  if (left.copy) cpSync(join(folder, 'audit-copy'), join(own, 'copy'), { recursive: true });
  const database = left.database ? settings.database : ((await placeOf()).database ?? join(home, 'kakuin.db'));
  const there = { ...settings, home, database, passphraseFile: join(home, 'passphrase') };
  const at = { ...there, auditCopy: left.copy ? join(own, 'copy') : undefined };
  return {
    settings: at,
    restore: async only => {
      const where = { home: only === 'database' ? undefined : home, database: only === 'home' ? undefined : database };
      await restoreBackup({ ...backup, ...where, markIn: home, migrate: migrateTo, clock, tell: () => undefined });
    },
    open: () => openCa(at, { log: silentLog, clock }),
    recover: async sources => {
      const all = { crls: [], isWithoutCrl: true, logs: [], certificates: [], ...sources };
      const report = await recover(at, all, { clock, log: silentLog, tell: () => undefined });
      await takeMarksAway(home);
      return report;
    },
    withStore: async work => {
      const opened = openDatabase(database);
      return work(openStore(opened), opened).finally(() => opened.destroy());
    },
  };
}

/** After a recovery: what was signed and revoked is there, and what comes next is new, with a CRL of a number above this. */
export async function expectOnward(drill: RestoreDrill, place: Place, above: number): Promise<void> {
  const { platform, clock, revoked } = drill;
  const core = await place.open();
  const document = platform.aCase({ subjectKey: aRequestedKey() });
  await place.withStore(async (store, database) => {
    await approveAt(drill, store, document);
    clock.pass(60);
    await settle(core);
    await store.crls.order(platform.ca, 'a test', clock.now());
    await settle(core);
    const next = await store.certificates.ofCase(document.caseId);
    expect(next).toBeDefined();
    expect(Object.values(drill.cases).map(one => one.serialNumber)).not.toContain(next?.serialNumber);
    const crl = await newestCrl(drill, store);
    expect(crl.crlNumber).toBeGreaterThan(above);
    expect(entriesOf(crl.crl)).toEqual(revoked);
    for (const entry of revoked) {
      const [serialNumber = ''] = entry.split(' ');
      expect(await store.status.of(platform.ca, serialNumber)).toMatchObject({ status: 'revoked' });
    }
    await core.close();
    expect(await checkPki({ settings: place.settings, database, clock })).toEqual([]);
    clock.pass(600);
    const everyPlace = { home: place.settings.home, database, ca: platform.ca, clock };
    await followAsResponder(everyPlace);
    expect((await compareAllPlaces(everyPlace)).findings).toEqual([]);
  });
}
