/** A home of yesterday beside the database of today: what officers signed since is judged anew, what the console wrote is named. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, encodeDocument, type SignableDocument, type SubjectKey } from '../../ca-core/approvals/documents.ts';
import { encodeSerialList } from '../../ca-core/approvals/serial-list.ts';
import { anchoredRoll } from '../../ca-core/follow-roll.ts';
import type { BlockEntry } from '../../ca-core/home/blocked-keys.ts';
import type { JournalEntry } from '../../ca-core/home/journal-entry.ts';
import { silentLog } from '../../ca-core/log.ts';
import { recover, type RecoveryReport } from '../../ca-core/recovery/recover.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';

const clock = aClock();
let platform: ACa;
let home: string;
let yesterday: string;
const serials: string[] = [];

type OwnKey = SubjectKey & { readonly from: 'csr' };
function anOwnKey(): OwnKey {
  const key = aRequestedKey();
  if (key.from !== 'csr') throw new Error('a key of its own');
  return key;
}
const hashOf = ({ subjectPublicKeyInfo }: OwnKey): string =>
  createHash('sha256').update(Buffer.from(subjectPublicKeyInfo, 'hex')).digest('hex');

beforeAll(async () => {
  platform = await aCa({ clock });
  home = join(platform.settings.home, 'ca');
  yesterday = join(platform.settings.home, 'yesterday');
  const core = await platform.open();
  const cases = Array.from({ length: 4 }, () => platform.aCase({ subjectKey: aRequestedKey() }));
  for (const document of cases) await platform.approve(document);
  await settle(core);
  for (const { caseId } of cases) serials.push((await platform.store.certificates.ofCase(caseId))?.serialNumber ?? '');
  await core.close();
  cpSync(home, yesterday, { recursive: true });
});
afterAll(() => platform.end());

/** What the CA core does meanwhile. */
async function today(work: () => Promise<void>): Promise<void> {
  const core = await platform.open();
  try {
    clock.pass(3600);
    await work();
    await settle(core);
  } finally {
    await core.close();
  }
}
function loseHome(): void {
  rmSync(home, { recursive: true });
  cpSync(yesterday, home, { recursive: true });
}
/** Of a machine that makes its backups by other means, and has no key for them in its home. */
const backup = { to: '/nowhere/backup', keyFile: '/nowhere/backup.pub' };
const recovered = (logs: readonly string[] = []): Promise<RecoveryReport> =>
  recover(
    { ...platform.settings, backup },
    { crls: [], logs, certificates: [] },
    { clock, log: silentLog, tell: () => undefined },
  );
const statusOf = async (serialNumber: string) => {
  const status = await platform.store.status.of(platform.ca, serialNumber);
  return status?.status === 'revoked' ? status.reason : 'good';
};
const signAlone = (document: SignableDocument): Promise<string> => platform.approve(document, [platform.officers[0]]);
const signBlock = (keys: readonly string[]): Promise<string> =>
  signAlone({
    ...{ kind: 'keyBlock', version: 1, ca: platform.ca, keys: [...keys] },
    ...{ because: 'found on a disk', requestedAt: clock.now() },
  });
const signRevocation = (serialNumber: string): Promise<string> =>
  signAlone({
    ...{ kind: 'revocation', version: 1, ca: platform.ca, serialNumber, reason: 'superseded' },
    ...{ invalidityDate: null, requestedAt: clock.now() },
  });
async function signMassRevocation(serialNumbers: readonly string[]): Promise<string> {
  const list = await platform.store.massRevocations.putSerials(encodeSerialList(serialNumbers), clock.now());
  return platform.approve({
    ...{ kind: 'massRevocation', version: 1, ca: platform.ca, serialNumbers: list, size: serialNumbers.length },
    ...{ chosenBy: 'list', reason: 'superseded', invalidityDate: null, requestedAt: clock.now() },
  });
}

describe('where the home is of yesterday', () => {
  const key = anOwnKey();
  let report: RecoveryReport;
  let caseId: string;

  beforeAll(async () => {
    const newest = (await platform.store.crls.newest(platform.ca))?.crlNumber ?? 0;
    await today(async () => {
      await signBlock([hashOf(key)]);
      await signMassRevocation(serials.slice(0, 2));
    });
    expect(await Promise.all(serials.map(statusOf))).toEqual(['superseded', 'superseded', 'good', 'good']);
    // The CRL that told of it is lost, too.
    for (const table of ['crls', 'crl_parts']) await platform.database(table).where('crl_number', '>', newest).delete();
    const roll = anchoredRoll(platform.console.anchors);
    if (roll === undefined) throw new Error('no roll');
    const text = encodeDocument({ ...roll.roll, number: roll.roll.number + 1, previous: roll.digest });
    const number = roll.roll.number + 1;
    const written = { number, digest: digestOf(text), text, authorisedBy: 'console', at: clock.now() } as const;
    await platform.store.rolls.add(written);
    const document = platform.aCase({ subjectKey: key });
    ({ caseId } = document);
    await platform.approve(document);
    loseHome();
    report = await recovered();
  });

  it('a key that was blocked since is blocked, before anything is issued', async () => {
    expect(await platform.store.keyOrders.isBlocked(hashOf(key))).toBe(true);
    expect((await platform.store.orders.ofCase(caseId))?.refusal?.code).toBe('keyBlocked');
    expect(report).toMatchObject({ keyOrders: 1, refused: [] });
    expect((await platform.store.states.all()).map(({ service }) => service)).not.toContain('backup');
  });

  it('what was revoked since by one document for many is revoked, and on the CRL', async () => {
    expect(await Promise.all(serials.map(statusOf))).toEqual(['superseded', 'superseded', 'good', 'good']);
    const row = await platform.store.crls.newest(platform.ca);
    const listed = [...readCrl(row?.crl ?? new Uint8Array(0)).entries].map(({ serialNumber }) => serialNumber);
    expect(listed.sort()).toEqual(serials.slice(0, 2).sort());
    expect(report.judgedAgain).toBe(1);
  });

  it('a roll that the console wrote is not believed, and named', async () => {
    const number = (anchoredRoll(platform.console.anchors)?.roll.number ?? 0) + 1;
    expect(report.rollsLost).toEqual([{ number, authorisedBy: 'console' }]);
    expect((await platform.store.rolls.newest())?.number).toBe(number - 1);
  });

  it('once more there is nothing to judge', async () => {
    expect(await recovered()).toMatchObject({ judgedAgain: 0, keyOrders: 0, rollsLost: [] });
    expect(await platform.store.keyOrders.isBlocked(hashOf(key))).toBe(true);
  });

  it('what is too old to count is named for those who sign', async () => {
    let digest = '';
    let many = '';
    const late = anOwnKey();
    const newest = (await platform.store.crls.newest(platform.ca))?.crlNumber ?? 0;
    await today(async () => {
      digest = await signBlock([hashOf(late)]);
      await signRevocation(serials[2] ?? '');
      many = await signMassRevocation(serials.slice(3));
    });
    for (const table of ['crls', 'crl_parts']) await platform.database(table).where('crl_number', '>', newest).delete();
    clock.pass(8 * 86_400);
    loseHome();
    const { refused } = await recovered();
    // The block of before is by now as old.
    expect(refused.slice(1)).toEqual([
      { kind: 'keys', name: digest },
      { kind: 'revocation', name: serials[2] },
      { kind: 'massRevocation', name: many },
    ]);
    expect(await statusOf(serials[2] ?? '')).toBe('good');
    expect(await platform.store.keyOrders.isBlocked(hashOf(late))).toBe(false);
  });
});

describe('a copy of the logs', () => {
  const copy = (): string => join(platform.settings.home, 'copy');
  const linesTo = (name: string, lines: readonly object[]): void => {
    mkdirSync(copy(), { recursive: true });
    writeFileSync(join(copy(), name), lines.map(line => `${JSON.stringify(line)}\n`).join(''));
  };
  const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

  it('takes no revocation for good back, and no later word for an earlier one', async () => {
    const [, , gone = '', held = ''] = serials;
    const about = { kind: 'revocation', version: 1, ca: platform.ca, invalidityDate: null } as const;
    await today(async () => {
      const at = { requestedAt: clock.now() };
      await signAlone({ ...about, ...at, serialNumber: gone, reason: 'superseded' });
      await signAlone({ ...about, ...at, serialNumber: held, reason: 'certificateHold' });
    });
    const entry = (serialNumber: string, at: number, change: Partial<JournalEntry>): JournalEntry => ({
      ...{ at, serialNumber, change: 'released', reason: null, revokedAt: null, invalidityDate: null },
      ...{ notAfter: clock.now() + 86_400, askedBy: 'officer', digest: digest(`${serialNumber} ${at}`) },
      ...change,
    });
    const hold = { change: 'revoked', reason: 'certificateHold', revokedAt: 1 } as const;
    linesTo('status.log', [
      ...[entry(gone, 1, hold), entry(gone, clock.now() + 1, {})],
      ...[entry(held, 1, hold), entry(held, 2, {})],
    ]);
    const { issuers } = await recovered([copy()]);
    expect(await Promise.all([gone, held].map(statusOf))).toEqual(['superseded', 'certificateHold']);
    expect(issuers[0]?.decided).toBe(0);
  });

  it('blocks what it has blocked, and lets in again only what was blocked before', async () => {
    const [stays, lost, freed] = [anOwnKey(), anOwnKey(), anOwnKey()].map(hashOf);
    await today(async () => {
      await signBlock([stays ?? '']);
    });
    const line = (change: BlockEntry['change'], at: number, keys: (string | undefined)[]): BlockEntry => ({
      ...{ at, change, keys: keys.map(key => key ?? '') },
      digest: digest(`${change} ${at} ${keys.join()}`),
    });
    linesTo('blocked-keys.log', [
      ...[line('blocked', 1, [lost, freed]), line('unblocked', 2, [freed]), line('unblocked', 2, [stays])],
    ]);
    const { keysDecided } = await recovered([copy()]);
    const blocked = await Promise.all([stays, lost, freed].map(key => platform.store.keyOrders.isBlocked(key ?? '')));
    expect(blocked).toEqual([true, true, false]);
    expect(keysDecided).toBe(2);
  });
});
