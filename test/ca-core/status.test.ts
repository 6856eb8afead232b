import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReleaseDocument, RevocationDocument, RevocationReason } from '../../ca-core/approvals/documents.ts';
import { revocationReasons } from '../../ca-core/approvals/documents.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import type { CrlEntry } from '../../ca-core/x509/crl-entries.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { auditedAbout } from '../support/by-hand.ts';
import { checkPki } from '../support/check-pki.ts';
import { openssl } from '../support/openssl.ts';

const clock = aClock();
let platform: ACa;
let core: OpenCa;

beforeAll(async () => {
  platform = await aCa({ clock });
  core = await platform.open();
  await settle(core);
});
afterAll(async () => {
  expect(await checkPki(platform)).toEqual([]);
  await core.close();
  await platform.end();
});

async function nextCrl(): Promise<void> {
  clock.pass(5);
  await settle(core);
}

/** So long that a running CA core would take it for a jump of the clock. */
async function sleep(seconds: number): Promise<void> {
  await core.close();
  clock.pass(seconds);
  core = await platform.open();
  await settle(core);
}

async function issued(count: number): Promise<readonly string[]> {
  const cases = Array.from({ length: count }, () => platform.aCase({ subjectKey: aRequestedKey() }));
  for (const document of cases) await platform.approve(document);
  await settle(core);
  const rows = await Promise.all(cases.map(({ caseId }) => platform.store.certificates.ofCase(caseId)));
  return rows.map(row => row?.serialNumber ?? '');
}

/** An officer's order, brought to its end: what became of it. */
async function revoke(serialNumber: string, change: Partial<RevocationDocument> = {}): Promise<string> {
  const common = { kind: 'revocation', version: 1, ca: platform.ca, serialNumber, invalidityDate: null } as const;
  const document = { ...common, reason: 'keyCompromise', requestedAt: clock.now(), ...change } as const;
  await platform.approve(document, [platform.officers[0]]);
  return outcomeFor(serialNumber);
}

async function release(serialNumber: string): Promise<string> {
  const common = { kind: 'release', version: 1, ca: platform.ca, serialNumber } as const;
  const document: ReleaseDocument = { ...common, requestedAt: clock.now() };
  await platform.approve(document);
  return outcomeFor(serialNumber);
}

async function outcomeFor(serialNumber: string): Promise<string> {
  await nextCrl();
  const order = (await platform.store.revocations.of(platform.ca, serialNumber)).at(-1);
  return order?.refusal?.code ?? order?.state ?? 'none';
}

async function newestCrl() {
  const row = await platform.store.crls.newest(platform.ca);
  if (row === undefined) throw new Error('no CRL');
  const { crlNumber, entries, ...crl } = readCrl(row.crl);
  return { ...crl, crlNumber: Number(crlNumber), entries: [...entries], row };
}

const entryFor = async (serialNumber: string): Promise<CrlEntry | undefined> =>
  (await newestCrl()).entries.find(entry => entry.serialNumber === serialNumber);

const statusOf = (serialNumber: string) => platform.store.status.of(platform.ca, serialNumber);

describe('a revocation', () => {
  it.each(revocationReasons)('for %s stands on the next CRL with its reason and time', async reason => {
    const [serialNumber = ''] = await issued(1);
    const before = (await newestCrl()).crlNumber;
    const revokedAt = clock.now() + 5;
    expect(await revoke(serialNumber, { reason })).toBe('applied');
    expect(await statusOf(serialNumber)).toEqual({ status: 'revoked', reason, revokedAt });
    const written = reason === 'unspecified' ? null : reason;
    expect(await entryFor(serialNumber)).toEqual({ serialNumber, revokedAt, reason: written, invalidityDate: null });
    expect((await newestCrl()).crlNumber).toBe(before + 1);
    expect(await auditedAbout(platform, serialNumber)).toEqual(['certificate.revoked']);
  });

  it('carries the day from which the key was no longer trusted', async () => {
    const [serialNumber = ''] = await issued(1);
    const invalidityDate = clock.now() - 86_400;
    await revoke(serialNumber, { invalidityDate });
    expect(await entryFor(serialNumber)).toMatchObject({ invalidityDate });
  });

  it('is for good, and for certificates that were issued', async () => {
    const [serialNumber = ''] = await issued(1);
    await revoke(serialNumber);
    expect(await revoke(serialNumber, { reason: 'superseded' })).toBe('alreadyRevoked');
    expect(await revoke(serialNumber, { reason: 'certificateHold' })).toBe('alreadyRevoked');
    expect(await release(serialNumber)).toBe('notOnHold');
    expect(await statusOf(serialNumber)).toMatchObject({ reason: 'keyCompromise' });
    expect(await revoke('42'.repeat(16))).toBe('certificateUnknown');
  });

  it('may be asked for by the subscriber, once', async () => {
    const [serialNumber = ''] = await issued(1);
    const common = { kind: 'revocation', version: 1, ca: platform.ca, serialNumber } as const;
    const document = { ...common, reason: 'superseded', invalidityDate: null, requestedAt: clock.now() } as const;
    await platform.store.revocations.order({ document, at: clock.now() });
    await expect(platform.store.revocations.order({ document, at: clock.now() })).rejects.toThrow('orderTwice');
    expect(await outcomeFor(serialNumber)).toBe('applied');
    expect(await statusOf(serialNumber)).toMatchObject({ status: 'revoked', reason: 'superseded' });
  });
});

describe('a hold', () => {
  it('is ended by two officers, and the certificate leaves the CRL', async () => {
    const [serialNumber = ''] = await issued(1);
    await revoke(serialNumber, { reason: 'certificateHold' });
    expect(await entryFor(serialNumber)).toMatchObject({ reason: 'certificateHold' });
    expect(await revoke(serialNumber, { reason: 'certificateHold' })).toBe('alreadyRevoked');
    expect(await release(serialNumber)).toBe('applied');
    expect(await statusOf(serialNumber)).toEqual({ status: 'good' });
    expect(await entryFor(serialNumber)).toBeUndefined();
    expect(await release(serialNumber)).toBe('notOnHold');
    expect(await auditedAbout(platform, serialNumber)).toContain('certificate.released');
  });

  it('becomes a revocation for good', async () => {
    const [serialNumber = ''] = await issued(1);
    await revoke(serialNumber, { reason: 'certificateHold' });
    expect(await revoke(serialNumber, { reason: 'keyCompromise' })).toBe('applied');
    expect(await entryFor(serialNumber)).toMatchObject({ reason: 'keyCompromise' });
    expect(await release(serialNumber)).toBe('notOnHold');
  });

  it('may be put again after its end', async () => {
    const [serialNumber = ''] = await issued(1);
    await revoke(serialNumber, { reason: 'certificateHold' });
    await release(serialNumber);
    expect(await revoke(serialNumber, { reason: 'certificateHold' })).toBe('applied');
    expect(await release(serialNumber)).toBe('applied');
    expect(await statusOf(serialNumber)).toEqual({ status: 'good' });
  });
});

describe('the CRL', () => {
  it('reads in OpenSSL as it was meant', async () => {
    const [serialNumber = ''] = await issued(1);
    await revoke(serialNumber);
    const { row, crlNumber } = await newestCrl();
    const text = openssl(['crl', '-inform', 'DER', '-in', 'crl', '-noout', '-text'], { crl: row.crl });
    expect(text).toContain('Version 2 (0x1)');
    expect(text).toContain('Signature Algorithm: ecdsa-with-SHA256');
    expect(text).toContain('X509v3 Authority Key Identifier');
    expect(text).toMatch(new RegExp(`X509v3 CRL Number: *\\n *${crlNumber}\\n`));
    expect(text).toContain(`Serial Number: ${serialNumber.toUpperCase()}`);
    expect(text).toContain('Key Compromise');
  });

  it('is made when it is asked for, when it is overdue, and else not; its number rises by one', async () => {
    await nextCrl();
    const { crlNumber } = await newestCrl();
    clock.pass(600);
    await settle(core);
    expect((await newestCrl()).crlNumber).toBe(crlNumber);
    for (let n = 0; n < 5; n++) await platform.store.crls.order(platform.ca, 'test', clock.now());
    await settle(core);
    expect((await newestCrl()).crlNumber).toBe(crlNumber + 1);
    await platform.store.crls.order(platform.ca, 'test', clock.now());
    await settle(core);
    expect((await newestCrl()).crlNumber).toBe(crlNumber + 1);
    await nextCrl();
    expect((await newestCrl()).crlNumber).toBe(crlNumber + 2);
    clock.pass(platform.policies.schedule.crl.overdueAfter);
    await settle(core);
    const newest = await newestCrl();
    expect(newest.crlNumber).toBe(crlNumber + 3);
    expect(newest.thisUpdate).toBe(clock.now());
    expect(newest.nextUpdate).toBe(clock.now() + platform.policies.schedule.crl.nextUpdateAfter);
  });

  it('keeps what has expired until it stood on a CRL made after its end', async () => {
    const [serialNumber = ''] = await issued(1);
    await revoke(serialNumber);
    const notAfter = (await platform.store.certificates.find(platform.ca, serialNumber))?.notAfter ?? 0;
    await sleep(notAfter - clock.now() + 1);
    expect((await newestCrl()).thisUpdate).toBeGreaterThan(notAfter);
    expect(await entryFor(serialNumber)).toBeDefined();
    await sleep(platform.policies.schedule.crl.nextUpdateAfter + 1);
    expect(await entryFor(serialNumber)).toBeUndefined();
    expect(await statusOf(serialNumber)).toMatchObject({ status: 'revoked' });
  });
});

/** Only so that the list above stays the policy's own. */
it('every reason that an officer may give is allowed by the profile', () => {
  const allowed: readonly RevocationReason[] = platform.policies.profiles.get('jcan-classic')?.revocationReasons ?? [];
  expect([...allowed].sort()).toEqual([...revocationReasons].sort());
});
