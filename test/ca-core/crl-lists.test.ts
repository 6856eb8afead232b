import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeDocument, type RevocationReason } from '../../ca-core/approvals/documents.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import type { SchedulePolicy } from '../../ca-core/profiles/policies.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { readAnyCrl, type CertificateRevocationList } from '../../ca-core/x509/crl.ts';
import { readCrlDistributionPoints } from '../../ca-core/x509/extension-values.ts';
import { extension } from '../../ca-core/x509/extensions.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { checkPki } from '../support/check-pki.ts';
import { refusalOf } from '../support/refusal.ts';

const day = 86_400;
const clock = aClock();
let platform: ACa;
let core: OpenCa;

beforeEach(async () => {
  platform = await aCa({ clock });
  await start({});
});
afterEach(async () => {
  expect(await checkPki(platform)).toEqual([]);
  await core.close();
  await platform.end();
});

async function start(change: Partial<SchedulePolicy['crl']>): Promise<void> {
  core = await platform.open();
  Object.assign(core.ca.policies.schedule.crl, change);
  await settle(core);
}
async function restart(change: Partial<SchedulePolicy['crl']>): Promise<void> {
  await core.close();
  await start(change);
}
async function pass(seconds: number): Promise<void> {
  clock.pass(seconds);
  await settle(core);
}
async function issued(): Promise<string> {
  const document = platform.aCase({ subjectKey: aRequestedKey() });
  await platform.approve(document);
  await settle(core);
  return (await platform.store.certificates.ofCase(document.caseId))?.serialNumber ?? '';
}
async function revoke(serialNumber: string, reason: RevocationReason = 'superseded'): Promise<void> {
  const common = { kind: 'revocation', version: 1, ca: platform.ca, serialNumber, invalidityDate: null } as const;
  await platform.approve({ ...common, reason, requestedAt: clock.now() }, [platform.officers[0]]);
  await pass(5);
}
const mark = async () => {
  const newest = await platform.store.crls.newestMark(platform.ca);
  if (newest === undefined) throw new Error('no CRL yet');
  return newest;
};
async function listNow(name: string): Promise<CertificateRevocationList> {
  const pieces: Uint8Array[] = [];
  for await (const piece of platform.store.crls.octets(await mark(), name)) pieces.push(piece);
  return readAnyCrl(Buffer.concat(pieces));
}
const serialsOn = async (name: string) => [...(await listNow(name)).entries].map(one => one.serialNumber).sort();

describe('RFC 5280 §5.2.3, §5.2.4 deltas', () => {
  it('share the numbers of the full ones and say with them what changed since an older one', async () => {
    const [first, second, held] = [await issued(), await issued(), await issued()];
    await revoke(first);
    await revoke(held, 'certificateHold');
    await pass(day);
    const base = await mark();
    await pass(day);
    await revoke(second, 'unspecified');
    const release = { kind: 'release', version: 1, ca: platform.ca, serialNumber: held } as const;
    await platform.approve({ ...release, requestedAt: clock.now() });
    await pass(5);
    const [full, delta] = [await listNow('0'), await listNow('0-delta')];
    expect(delta.crlNumber).toBe(full.crlNumber);
    expect(delta.baseNumber).toBe(BigInt(base.crlNumber));
    expect(full.freshestCrl).toBe('http://localhost:8082/crl/issuing/0-delta.crl');
    const changes = [...delta.entries].map(({ serialNumber, reason }) => ({ serialNumber, reason }));
    expect(changes).toEqual(
      expect.arrayContaining([
        { serialNumber: second, reason: null },
        { serialNumber: held, reason: 'removeFromCRL' },
      ]),
    );
    expect(changes).toHaveLength(2);
    expect(await serialsOn('0')).toEqual([first, second].sort());
    expect([...full.entries].every(one => one.reason !== 'removeFromCRL')).toBe(true);
  });

  it('come at once where the full list is long, and the full one within its time', async () => {
    const [first, second] = [await issued(), await issued()];
    await restart({ fullUpTo: 0, fullWithin: 600 });
    await revoke(first);
    const before = await mark();
    expect(before.complete).toBe('0');
    await revoke(second);
    expect(await mark()).toMatchObject({ crlNumber: before.crlNumber + 1, complete: null, lists: ['0-delta'] });
    expect(await serialsOn('0-delta')).toContain(second);
    expect((await platform.store.crls.newest(platform.ca))?.crlNumber).toBe(before.crlNumber);
    await pass(600);
    expect(await mark()).toMatchObject({ crlNumber: before.crlNumber + 2, complete: '0' });
    expect(await serialsOn('0')).toEqual([first, second].sort());
  });
});

describe('RFC 5280 §5.2.5 parts', () => {
  it('each certificate is on the list that its CDP names, for ever, and all are on the complete one', async () => {
    const old = await issued();
    await restart({ shards: 3 });
    const fresh = [await issued(), await issued(), await issued(), await issued()];
    for (const serialNumber of [old, ...fresh]) await revoke(serialNumber);
    expect(await serialsOn('all')).toEqual([old, ...fresh].sort());
    await expectEachOnItsList([old, ...fresh]);
    await restart({ shards: 1 });
    await pass(5_400);
    const shards = await Promise.all(fresh.map(async one => (await found(one)).crlShard));
    if (Math.max(...shards) > 0) await expectEachOnItsList([old, ...fresh]);
  });

  const found = async (serialNumber: string) => {
    const row = await platform.store.certificates.find(platform.ca, serialNumber);
    if (row === undefined) throw new Error(`no certificate ${serialNumber}`);
    return row;
  };

  async function expectEachOnItsList(serialNumbers: readonly string[]): Promise<void> {
    for (const serialNumber of serialNumbers) {
      const { certificate, crlShard } = await found(serialNumber);
      const points = readCertificate(certificate).extensions.get(oids.cRLDistributionPoints);
      const list = await listNow(String(crlShard));
      expect(readCrlDistributionPoints(points?.value ?? new Uint8Array())).toEqual([list.distributionPoint]);
      expect([...list.entries].map(one => one.serialNumber)).toContain(serialNumber);
      expect(opensslVerdict(certificate, list.der)).toMatch(/certificate revoked/);
    }
  }

  it.each([1, 3])('§4.2.1.15 a certificate names its delta as its CRL does, of %i parts', async shards => {
    await restart({ shards });
    const jcan = core.ca.policies.profiles.get('jcan-classic');
    if (jcan === undefined) throw new Error('no jcan-classic');
    Object.assign(jcan, { freshestCrl: true });
    const serialNumber = await issued();
    await pass(5_400);
    for (let days = 0; days < 2; days++) await pass(day);
    const { certificate, crlShard } = await found(serialNumber);
    const before = await listNow(String(crlShard));
    await revoke(serialNumber);
    const delta = await listNow(`${crlShard}-delta`);
    const value = readCertificate(certificate).extensions.get(oids.freshestCRL)?.value ?? new Uint8Array();
    expect(readCrlDistributionPoints(value)).toEqual([`http://localhost:8082/crl/issuing/${crlShard}-delta.crl`]);
    const octets = Buffer.from(extension(oids.freshestCRL, 'nonCritical', value));
    for (const der of [certificate, before.der]) expect(Buffer.from(der).includes(octets)).toBe(true);
    expect(delta.freshestCrl).toBeNull();
    expect(opensslVerdict(certificate, before.der)).toMatch(/OK$/m);
    expect(opensslVerdict(certificate, before.der, delta.der)).toMatch(/certificate revoked/);
  });

  function opensslVerdict(certificate: Uint8Array, ...crls: readonly Uint8Array[]): string {
    const folder = mkdtempSync(join(tmpdir(), 'kakuin-crl-'));
    writeFileSync(join(folder, 'cert.pem'), encodePem('CERTIFICATE', certificate));
    writeFileSync(join(folder, 'crl.pem'), crls.map(crl => encodePem('X509 CRL', crl)).join(''));
    writeFileSync(join(folder, 'ca.pem'), encodePem('CERTIFICATE', core.ca.issuer.certificate.der));
    const at = ['-attime', String(clock.now()), '-partial_chain', '-crl_check', '-extended_crl', '-use_deltas'];
    const args = ['verify', ...at, '-CAfile', 'ca.pem', '-CRLfile', 'crl.pem', 'cert.pem'];
    try {
      return execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      return String((error as { stderr?: string }).stderr);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
});

describe('RFC 5280 §5.3.2 invalidityDate', () => {
  const wish = (serialNumber: string, invalidityDate: number) => ({
    ...({ kind: 'revocation', version: 1, ca: platform.ca, serialNumber, invalidityDate } as const),
    ...({ reason: 'keyCompromise', requestedAt: clock.now() } as const),
  });

  it('stands on the CRL as it was signed, up to the last date that can be written', async () => {
    const [early, late] = [await issued(), await issued()];
    await platform.approve(wish(early, 0), [platform.officers[0]]);
    await platform.approve(wish(late, 253_402_300_799), [platform.officers[0]]);
    await pass(5);
    const dates = new Map([...(await listNow('0')).entries].map(one => [one.serialNumber, one.invalidityDate]));
    expect([dates.get(early), dates.get(late)]).toEqual([0, 253_402_300_799]);
  });

  it('that no CRL could write is no document, and stops no CRL', async () => {
    const [one, other] = [await issued(), await issued()];
    const text = canonicalize(wish(one, 253_402_300_800)) ?? '';
    expect(refusalOf(() => decodeDocument(text))?.code).toBe('documentMalformed');
    await revoke(other);
    expect(await serialsOn('0')).toEqual([other]);
  });
});

describe('a clock that jumps', () => {
  const clockState = async () => (await platform.store.states.all()).find(one => one.service === 'ca-core clock');

  it('back: revocations still come out, with rising numbers and no older time', async () => {
    const serialNumber = await issued();
    await pass(60);
    await platform.store.crls.order(platform.ca, 'test', clock.now());
    await settle(core);
    const before = await mark();
    clock.pass(-7_200);
    await revoke(serialNumber);
    const after = await mark();
    expect(after.crlNumber).toBeGreaterThan(before.crlNumber);
    expect(after.thisUpdate).toBe(before.thisUpdate);
    expect(await serialsOn('0')).toContain(serialNumber);
    expect(await clockState()).toMatchObject({ state: 'red' });
    clock.pass(7_200);
    await pass(60);
    expect(await clockState()).toMatchObject({ state: 'green' });
  });

  it('far ahead: dates nothing, says so, and goes on when it is set right', async () => {
    const before = await mark();
    clock.pass(400 * day);
    await settle(core);
    expect((await mark()).crlNumber).toBe(before.crlNumber);
    expect(await clockState()).toMatchObject({ state: 'red', detail: expect.stringContaining('jumped') as string });
    clock.pass(-400 * day);
    await pass(5_400);
    const after = await mark();
    expect(after.crlNumber).toBe(before.crlNumber + 1);
    expect(after.thisUpdate).toBe(clock.now());
    expect(await clockState()).toMatchObject({ state: 'green' });
  });

  it('far ahead: what is revoked meanwhile is dated by the time before, and on the CRL once the clock is right', async () => {
    const serialNumber = await issued();
    const before = clock.now();
    clock.pass(2 * day);
    await revoke(serialNumber);
    expect(await platform.store.status.of(platform.ca, serialNumber)).toMatchObject({
      status: 'revoked',
      revokedAt: before,
    });
    clock.pass(-2 * day);
    await pass(60);
    expect(await serialsOn('0')).toContain(serialNumber);
    expect((await mark()).thisUpdate).toBeLessThanOrEqual(clock.now());
  });
});
