/** From one release to the next: what relying parties are told does not change, whatever is killed on the way. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrateCa, requireCaTables } from '../../ca-core/store/migrate-ca.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import { aCa, aRequestedKey, type ACa } from '../support/a-ca.ts';
import { checkPki } from '../support/check-pki.ts';
import { compiled } from '../support/compiled.ts';
import { hasty, placeRevocation } from '../support/every-kind-of-order.ts';
import { startKillable, type Killable } from '../support/killable.ts';

/** Everything that a CRL says of certificates. */
const entriesOf = (crl: Uint8Array): readonly unknown[] =>
  [...readCrl(crl).entries].sort((one, other) => (one.serialNumber < other.serialNumber ? -1 : 1));

const nextRelease = compiled('test/support/next-release.ts');

/** A migration of a release to come: what it prints, and how it ends. */
async function migrateOn({ settings }: ACa, wish?: 'hold'): Promise<string> {
  const words = [nextRelease, settings.database, ...(wish === undefined ? [] : [wish])];
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (text.includes('filling')) child.kill('SIGKILL');
  });
  await gone;
  return output.trim();
}

describe('a migration under load, killed in the middle', () => {
  let platform: ACa;
  let core: Killable;
  beforeAll(async () => void (platform = await aCa()));
  afterAll(() => platform.end());

  it('changes nothing that is told, loses no order, and can be begun again', { timeout: 120_000 }, async () => {
    const { store, ca, clock } = platform;
    // The key of one that is revoked for keyCompromise is certified no more.
    const place = async (count: number): Promise<string[]> => {
      const subjectKey = aRequestedKey();
      const cases = Array.from({ length: count }, () => platform.aCase({ subjectKey }));
      for (const document of cases) await platform.approve(document);
      return cases.map(({ caseId }) => caseId);
    };
    const serialOf = async (caseId: string): Promise<string> =>
      (await store.certificates.ofCase(caseId))?.serialNumber ?? '';
    const old = await place(5);
    core = startKillable(hasty(platform.settings));
    await core.says('ready');
    const expectRevoked = await placeRevocation(platform, await serialOf(old[0] ?? ''));
    core.go();
    while ((await store.orders.waiting()) > 0 || (await newestEntries(platform)).length === 0) await rest();
    await expectRevoked();
    const before = { entries: await newestEntries(platform), statuses: await statusesOf(platform, old) };

    const meanwhile = await place(8);
    expect(await migrateOn(platform, 'hold')).toBe('filling');
    meanwhile.push(...(await place(8)));
    expect(await migrateOn(platform)).toBe('9001-colour 9002-fill 9003-index');
    expect(await migrateOn(platform)).toBe('');
    while ((await Promise.all(meanwhile.map(serialOf))).includes('')) await rest();
    const number = (await store.crls.newestMark(ca))?.crlNumber ?? 0;
    await store.crls.order(ca, 'test', clock.now());
    while (((await store.crls.newestMark(ca))?.crlNumber ?? 0) === number) await rest();

    expect(await newestEntries(platform)).toEqual(before.entries);
    expect(await statusesOf(platform, old)).toEqual(before.statuses);
    expect((await statusesOf(platform, meanwhile)).map(status => status?.status)).toEqual(meanwhile.map(() => 'good'));
  });

  it('leaves the release before able to tell, and unable to sign what it might not know', async () => {
    await core.kill();
    expect(await requireCaTables(platform.database)).toEqual(['9001-colour', '9002-fill', '9003-index']);
    await expect(platform.open()).rejects.toThrow('tablesUnfit');
    await expect(migrateCa(platform.database)).rejects.toThrow('tablesUnfit');
    expect(await checkPki(platform)).toEqual([]);
  });
});

const rest = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 50));
const newestEntries = async ({ store, ca }: ACa): Promise<readonly unknown[]> => {
  const row = await store.crls.newest(ca);
  return row === undefined ? [] : entriesOf(row.crl);
};
const statusesOf = ({ store, ca }: ACa, caseIds: readonly string[]) =>
  Promise.all(
    caseIds.map(async caseId => store.status.of(ca, (await store.certificates.ofCase(caseId))?.serialNumber ?? '')),
  );
