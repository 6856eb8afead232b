/** The lists of a CRL: deltas, parts, dates of invalidity. Each certificate is on the one that it names, as OpenSSL judges it. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeDocument } from '../../ca-core/approvals/documents.ts';
import { readCertificate } from '../../ca-core/x509/certificate.ts';
import { readCrlDistributionPoints } from '../../ca-core/x509/extension-values.ts';
import { extension } from '../../ca-core/x509/extensions.ts';
import { oids } from '../../ca-core/x509/oids.ts';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { refusalOf } from '../support/refusal.ts';
import { aListingCa, type AListingCa } from './support/a-listing-ca.ts';

const day = 86_400;
let ground: AListingCa;
beforeEach(async () => {
  ground = await aListingCa();
});
afterEach(() => ground.end());

describe('RFC 5280 §5.2.3, §5.2.4 deltas', () => {
  it('share the numbers of the full ones and say with them what changed since an older one', async () => {
    const [first, second, held] = [await ground.issued(), await ground.issued(), await ground.issued()];
    await ground.revoke(first);
    await ground.revoke(held, 'certificateHold');
    await ground.pass(day);
    const base = await ground.mark();
    await ground.pass(day);
    await ground.revoke(second, 'unspecified');
    const release = { kind: 'release', version: 1, ca: ground.platform.ca, serialNumber: held } as const;
    await ground.platform.approve({ ...release, requestedAt: ground.clock.now() });
    await ground.pass(5);
    const [full, delta] = [await ground.listNow('0'), await ground.listNow('0-delta')];
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
    expect(await ground.serialsOn('0')).toEqual([first, second].sort());
    expect([...full.entries].every(one => one.reason !== 'removeFromCRL')).toBe(true);
  });

  it('come at once where the full list is long, and the full one within its time', async () => {
    const [first, second] = [await ground.issued(), await ground.issued()];
    await ground.restart({ fullUpTo: 0, fullWithin: 600 });
    await ground.revoke(first);
    const before = await ground.mark();
    expect(before.complete).toBe('0');
    await ground.revoke(second);
    expect(await ground.mark()).toMatchObject({ crlNumber: before.crlNumber + 1, complete: null, lists: ['0-delta'] });
    expect(await ground.serialsOn('0-delta')).toContain(second);
    expect((await ground.platform.store.crls.newest(ground.platform.ca))?.crlNumber).toBe(before.crlNumber);
    await ground.pass(600);
    expect(await ground.mark()).toMatchObject({ crlNumber: before.crlNumber + 2, complete: '0' });
    expect(await ground.serialsOn('0')).toEqual([first, second].sort());
  });
});

describe('RFC 5280 §5.2.5 parts', () => {
  it('each certificate is on the list that its CDP names, for ever, and all are on the complete one', async () => {
    const old = await ground.issued();
    await ground.restart({ shards: 3 });
    const fresh: string[] = [];
    const shards = new Set<number>();
    while (fresh.length < 4 || shards.size < 2) {
      fresh.push(await ground.issued());
      shards.add((await found(fresh.at(-1) ?? '')).crlShard);
    }
    for (const serialNumber of [old, ...fresh]) await ground.revoke(serialNumber);
    expect(await ground.serialsOn('all')).toEqual([old, ...fresh].sort());
    await expectEachOnItsList([old, ...fresh]);
    await ground.restart({ shards: 1 });
    await ground.pass(5_400);
    await expectEachOnItsList([old, ...fresh]);
  });

  const found = async (serialNumber: string) => {
    const row = await ground.platform.store.certificates.find(ground.platform.ca, serialNumber);
    if (row === undefined) throw new Error(`no certificate ${serialNumber}`);
    return row;
  };

  async function expectEachOnItsList(serialNumbers: readonly string[]): Promise<void> {
    for (const serialNumber of serialNumbers) {
      const { certificate, crlShard } = await found(serialNumber);
      const points = readCertificate(certificate).extensions.get(oids.cRLDistributionPoints);
      const list = await ground.listNow(String(crlShard));
      expect(readCrlDistributionPoints(points?.value ?? new Uint8Array())).toEqual([list.distributionPoint]);
      expect([...list.entries].map(one => one.serialNumber)).toContain(serialNumber);
      expect(opensslVerdict(certificate, list.der)).toMatch(/certificate revoked/);
    }
  }

  it.each([1, 3])('§4.2.1.15 a certificate names its delta as its CRL does, of %i parts', async shards => {
    await ground.restart({ shards });
    const jcan = ground.core.ca.policies.profiles.get('jcan-classic');
    if (jcan === undefined) throw new Error('no jcan-classic');
    Object.assign(jcan, { freshestCrl: true });
    const serialNumber = await ground.issued();
    await ground.pass(5_400);
    for (let days = 0; days < 2; days++) await ground.pass(day);
    const { certificate, crlShard } = await found(serialNumber);
    const before = await ground.listNow(String(crlShard));
    await ground.revoke(serialNumber);
    const delta = await ground.listNow(`${crlShard}-delta`);
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
    writeFileSync(join(folder, 'ca.pem'), encodePem('CERTIFICATE', ground.core.ca.issuer.certificate.der));
    const at = ['-attime', String(ground.clock.now()), '-partial_chain', '-crl_check', '-extended_crl', '-use_deltas'];
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
    ...({ kind: 'revocation', version: 1, ca: ground.platform.ca, serialNumber, invalidityDate } as const),
    ...({ reason: 'keyCompromise', requestedAt: ground.clock.now() } as const),
  });

  it('stands on the CRL as it was signed, up to the last date that can be written', async () => {
    const [early, late] = [await ground.issued(), await ground.issued()];
    await ground.platform.approve(wish(early, 0), [ground.platform.officers[0]]);
    await ground.platform.approve(wish(late, 253_402_300_799), [ground.platform.officers[0]]);
    await ground.pass(5);
    const dates = new Map([...(await ground.listNow('0')).entries].map(one => [one.serialNumber, one.invalidityDate]));
    expect([dates.get(early), dates.get(late)]).toEqual([0, 253_402_300_799]);
  });

  it('that no CRL could write is no document, and stops no CRL', async () => {
    const [one, other] = [await ground.issued(), await ground.issued()];
    const text = canonicalize(wish(one, 253_402_300_800)) ?? '';
    expect(refusalOf(() => decodeDocument(text))?.code).toBe('documentMalformed');
    await ground.revoke(other);
    expect(await ground.serialsOn('0')).toEqual([other]);
  });
});
