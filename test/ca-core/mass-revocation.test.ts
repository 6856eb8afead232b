/** Many certificates revoked by one document of two officers: exactly those, once, and whatever rows say. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createHash, randomUUID } from 'node:crypto';
import {
  digestOf,
  encodeDocument,
  type MassRevocationDocument,
  type RevocationReason,
} from '../../ca-core/approvals/documents.ts';
import { encodeSerialList } from '../../ca-core/approvals/serial-list.ts';
import { chooseCertificates, type Choice, type Chosen } from '../../ca-core/choose-certificates.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { readCrl } from '../../ca-core/x509/crl.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { alarmLog, auditedAbout } from '../support/by-hand.ts';
import { checkPki } from '../support/check-pki.ts';

const clock = aClock();
const log = alarmLog();
let platform: ACa;
let core: OpenCa;

beforeAll(async () => {
  platform = await aCa({ clock });
  core = await platform.open({ log });
  await settle(core);
});
afterAll(async () => {
  clock.pass(60);
  await settle(core);
  expect(await checkPki(platform)).toEqual([]);
  await core.close();
  await platform.end();
});

const oneKey = aRequestedKey();

async function issued(count: number, profile = 'jcan-classic'): Promise<readonly string[]> {
  const cases = Array.from({ length: count }, () => platform.aCase({ subjectKey: aRequestedKey() }, profile));
  for (const document of cases) await platform.approve(document);
  await settle(core);
  const rows = await Promise.all(cases.map(({ caseId }) => platform.store.certificates.ofCase(caseId)));
  return rows.map(row => row?.serialNumber ?? '');
}

async function documentOf(
  serialNumbers: readonly string[],
  change: Partial<MassRevocationDocument> = {},
): Promise<MassRevocationDocument> {
  const digest = await platform.store.massRevocations.putSerials(encodeSerialList(serialNumbers), clock.now());
  return {
    ...{ kind: 'massRevocation', version: 1, ca: platform.ca, serialNumbers: digest, size: serialNumbers.length },
    ...{ chosenBy: 'list', reason: 'superseded', invalidityDate: null, requestedAt: clock.now() },
    ...change,
  } as const;
}

/** What became of a document that both officers signed. */
async function apply(document: MassRevocationDocument) {
  const digest = await platform.approve(document);
  clock.pass(60);
  await settle(core);
  return platform.store.massRevocations.of(digest);
}

const reasonsOf = async (serialNumbers: readonly string[]): Promise<readonly string[]> =>
  Promise.all(serialNumbers.map(async one => (await platform.store.status.of(platform.ca, one))?.reason ?? 'good'));

async function newestCrl() {
  const row = await platform.store.crls.newest(platform.ca);
  if (row === undefined) throw new Error('no CRL');
  return { number: row.crlNumber, listed: [...readCrl(row.crl).entries].map(entry => entry.serialNumber) };
}

describe('a document about many certificates', () => {
  it('revokes exactly those of its list, on one CRL, each on record', async () => {
    const meant = await issued(5);
    const [spared = ''] = await issued(1);
    const { number } = await newestCrl();
    const order = await apply(await documentOf(meant));
    expect(order).toMatchObject({ state: 'applied', revoked: 5, leftOut: 0 });
    expect(await reasonsOf([...meant, spared])).toEqual([...meant.map(() => 'superseded'), 'good']);
    const crl = await newestCrl();
    expect(crl.number).toBe(number + 1);
    expect(crl.listed).toEqual(expect.arrayContaining([...meant]));
    expect(await auditedAbout(platform, meant[0] ?? '')).toEqual(['certificate.revoked']);
    expect(await auditedAbout(platform, order?.digest ?? '')).toContain('massRevocation.applied');
  });

  it('leaves out what is revoked, unknown, or not to be revoked for that reason, and takes what is on hold', async () => {
    const [revoked = '', held = '', good = ''] = await issued(3);
    await apply(await documentOf([revoked], { reason: 'keyCompromise' }));
    await apply(await documentOf([held], { reason: 'certificateHold' }));
    const order = await apply(await documentOf([revoked, held, good, '42'.repeat(16)]));
    expect(order).toMatchObject({ state: 'applied', revoked: 2, leftOut: 2 });
    expect(await reasonsOf([revoked, held, good])).toEqual(['keyCompromise', 'superseded', 'superseded']);
  });

  it('takes two officers, who sign these very serial numbers for this CA', async () => {
    const [serial = '', other = ''] = await issued(2);
    const document = await documentOf([serial]);
    const alone = await platform.store.documents.put(document, clock.now());
    const [first] = platform.officers;
    await platform.store.approvals.record({ digest: alone, at: clock.now(), ...first.approve(document) });
    await settle(core);
    expect(await platform.store.massRevocations.of(alone)).toBeUndefined();
    expect(await insert(document, [first.approve(document)])).toBe('approvalsMissing');
    expect(await insert(document, [first.approve(document), first.approve(document)])).toBe('approverTwice');
    const changed = { ...document, reason: 'keyCompromise' as RevocationReason };
    const both = platform.officers.map(officer => officer.approve(document));
    expect(await insert(changed, both)).toBe('assertionInvalid');
    await platform
      .database('serial_lists')
      .where({ digest: document.serialNumbers })
      .update({ serial_numbers: encodeSerialList([serial, other]) });
    expect(await insert(document, both)).toBe('listInvalid');
    expect(await reasonsOf([serial, other])).toEqual(['good', 'good']);
  });

  it('counts once: what was released is not put on hold by the same row again', async () => {
    const [held = ''] = await issued(1);
    const document = await documentOf([held], { reason: 'certificateHold' });
    const order = await apply(document);
    clock.pass(1);
    const release = { kind: 'release', version: 1, ca: platform.ca, serialNumber: held } as const;
    await platform.approve({ ...release, requestedAt: clock.now() });
    await settle(core);
    await platform.database('mass_revocations').where({ digest: order?.digest }).update({ state: 'waiting' });
    clock.pass(60);
    await settle(core);
    expect(await reasonsOf([held])).toEqual(['good']);
  });

  it('is finished by the next run where the CA core stopped in the middle', async () => {
    const meant = await issued(3);
    const digest = await platform.approve(await documentOf(meant));
    await core.close();
    const atFailpoint = (point: string) =>
      point === 'after status.journal' ? Promise.reject(new Error('stopped')) : Promise.resolve();
    core = await platform.open({ log, atFailpoint });
    await expect(settle(core)).rejects.toThrow('stopped');
    await core.close();
    core = await platform.open({ log });
    clock.pass(60);
    await settle(core);
    expect(await platform.store.massRevocations.of(digest)).toMatchObject({ state: 'applied', revoked: 3 });
    expect(await reasonsOf(meant)).toEqual(['superseded', 'superseded', 'superseded']);
  });

  /** Writes the order as an attacker would. Why it was refused. */
  async function insert(document: MassRevocationDocument, approvals: readonly unknown[]): Promise<string> {
    const text = encodeDocument(document);
    const digest = digestOf(text);
    await platform.database('mass_revocations').where({ digest }).delete();
    await platform.database('mass_revocations').insert({
      ...{ id: randomUUID(), digest, issuer: platform.ca, document: text, approvals: JSON.stringify(approvals) },
      ...{ state: 'waiting', revoked: 0, left_out: 0, created_at: clock.now() },
    });
    await settle(core);
    return (await platform.store.massRevocations.of(digest))?.refusal?.code ?? 'none';
  }
});

describe('the certificates meant', () => {
  const choose = (choice: Choice, reason: RevocationReason = 'superseded'): Promise<Chosen> =>
    chooseCertificates({ store: platform.store, policies: platform.policies, now: clock.now() }, choice, reason);
  const serials = ({ certificates }: Chosen) => certificates.map(one => one.serialNumber).sort();

  it('are those of a list, of a profile, of an organisation', async () => {
    const [one = '', other = ''] = await issued(2);
    const [person = ''] = await issued(1, 'jcan-classic-without-mailbox');
    const listed = await choose({ by: 'list', serialNumbers: [one, other, one, '42'] });
    expect(serials(listed)).toEqual([one, other].sort());
    expect(listed.leftOut.unknown).toEqual(['42']);
    expect(serials(await choose({ by: 'profile', profile: 'jcan-classic-without-mailbox' }))).toEqual([person]);
    const { corporateNumber } = platform.aCase().claim;
    const ofAll = await choose({ by: 'organisation', corporateNumber });
    expect(serials(ofAll)).toEqual(expect.arrayContaining([one, other, person]));
    expect(ofAll.leftOut.revoked).toBeGreaterThan(5);
    expect(serials(await choose({ by: 'organisation', corporateNumber: '1234567890123' }))).toEqual([]);
  });

  it('are those with a key', async () => {
    if (oneKey.from !== 'csr') throw new Error('a key of its own');
    await platform.approve(platform.aCase({ subjectKey: oneKey }));
    await settle(core);
    const spki = Buffer.from(oneKey.subjectPublicKeyInfo, 'hex');
    const chosen = await choose({ by: 'key', key: createHash('sha256').update(spki).digest('hex') });
    expect(chosen.certificates).toHaveLength(1);
  });

  it('are without those that expired', async () => {
    const [over = ''] = await issued(1);
    const later = { store: platform.store, policies: platform.policies, now: clock.now() + 4_000 * 86_400 };
    const chosen = await chooseCertificates(later, { by: 'list', serialNumbers: [over] }, 'superseded');
    expect(chosen).toMatchObject({ certificates: [], leftOut: { expired: 1 } });
  });
});
