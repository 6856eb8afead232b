/** Design §1: every row that could make the CA sign is checked as if an attacker had written it. Here one has. */
import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Approval } from '../../ca-core/approvals/approval.ts';
import { digestOf, encodeDocument, type CaseDocument, type RollDocument } from '../../ca-core/approvals/documents.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { fromHex, sequence, toHex } from '../../ca-core/x509/der.ts';
import { encodeTbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';
import { aCa, aClock, aRequestedKey, settle, type ACa } from '../support/a-ca.ts';
import { alarmLog, auditedAbout, certificateCount, insertOrder } from '../support/by-hand.ts';
import { ecKey, rootTbs } from '../support/certificates.ts';
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
afterEach(async () => {
  log.alarms.length = 0;
  await settle(core);
  expect(await checkPki(platform)).toEqual([]);
});
afterAll(async () => {
  await core.close();
  await platform.end();
});

const bothApprove = (document: CaseDocument | RollDocument): Approval[] =>
  platform.officers.map(officer => officer.approve(document));

/** The CA core stops and starts again, as after a crash. */
async function restart(): Promise<void> {
  await core.close();
  core = await platform.open({ log });
  await settle(core);
}

async function expectRefused(caseId: string, code: string): Promise<void> {
  await settle(core);
  expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'refused', refusal: { code } });
  expect(await platform.store.certificates.ofCase(caseId)).toBeUndefined();
  expect(await platform.store.deliveries.state(caseId)).toBeUndefined();
  expect(await auditedAbout(platform, caseId)).toContain('order.refused');
}

async function issued(): Promise<CaseDocument> {
  const document = platform.aCase();
  await platform.approve(document);
  await settle(core);
  expect(await platform.store.orders.ofCase(document.caseId)).toMatchObject({ state: 'issued' });
  return document;
}

describe('an approval written by hand', () => {
  it.each<[string, string, (document: CaseDocument) => unknown]>([
    ['is missing', 'approvalsMissing', () => []],
    ['is one officer alone', 'approvalsMissing', document => [platform.officers[0].approve(document)]],
    [
      'is one officer twice',
      'approverTwice',
      document => [platform.officers[0].approve(document), platform.officers[0].approve(document)],
    ],
    [
      'is one officer under two names',
      'approverUnknown',
      document => [
        platform.officers[0].approve(document),
        { ...platform.officers[0].approve(document), memberId: platform.officers[1].memberId },
      ],
    ],
    [
      'is copied from another case',
      'assertionInvalid',
      document => [platform.officers[0].approve(document), platform.officers[1].approve(platform.aCase())],
    ],
    [
      'was made with the sign-in passkey',
      'approverUnknown',
      document => [platform.officers[0].approve(document), platform.officers[1].approveWithSignIn(document)],
    ],
    [
      'was made with the sign-in passkey and names the other one',
      'assertionInvalid',
      document => {
        const [one, other] = bothApprove(document);
        const credentialId = other?.assertion.credentialId;
        const { assertion } = platform.officers[1].approveWithSignIn(document);
        return [one, { ...other, assertion: { ...assertion, credentialId } }];
      },
    ],
    [
      'has its expiry put off',
      'assertionInvalid',
      document => bothApprove(document).map(approval => ({ ...approval, expiry: approval.expiry + 86_400 })),
    ],
    [
      'carries a signature of nobody',
      'assertionInvalid',
      document => bothApprove(document).map(one => ({ ...one, assertion: { ...one.assertion, signature: 'AAAA' } })),
    ],
  ])('counts for nothing when it %s', async (_, code, approvals) => {
    const document = platform.aCase();
    await expectRefused(await insertOrder(platform, document, { approvals: approvals(document) }), code);
  });

  it('counts for nothing once it is over', async () => {
    const document = platform.aCase();
    const approvals = bothApprove(document);
    clock.pass(3601);
    await expectRefused(await insertOrder(platform, document, { approvals }), 'assertionExpired');
  });

  it('counts for nothing from the applicant', async () => {
    const { claim } = platform.aCase();
    const mailbox = `${platform.officers[0].memberId.toUpperCase()}@operator.example`;
    const document = platform.aCase({ claim: { ...claim, mailbox } });
    const caseId = await insertOrder(platform, document, { approvals: bothApprove(document) });
    await expectRefused(caseId, 'approverIsApplicant');
  });

  it('does not complete what one officer approved at the desk', async () => {
    const document = platform.aCase();
    const digest = await platform.store.documents.put(document, clock.now());
    const { memberId, assertion, expiry } = platform.officers[1].approveWithSignIn(document);
    const row = { id: randomUUID(), digest, member_id: memberId, assertion: JSON.stringify(assertion) };
    await platform.database('approvals').insert({ ...row, expires_at: expiry, created_at: clock.now() });
    await platform.store.approvals.record({ digest, at: clock.now(), ...platform.officers[0].approve(document) });
    await expectRefused(document.caseId, 'approverUnknown');
  });
});

describe('an approved order changed by hand', () => {
  const keyOfAttacker = '09'.padEnd(64, '0');
  it.each<[string, string, (document: CaseDocument) => CaseDocument]>([
    [
      'the key it is sealed to',
      'assertionInvalid',
      document => ({ ...document, subjectKey: { from: 'server', algorithm: 'p-256', sealTo: keyOfAttacker } }),
    ],
    ['the public key', 'assertionInvalid', document => ({ ...document, subjectKey: aRequestedKey() })],
    ['the case', 'assertionInvalid', document => ({ ...document, caseId: `K26-${randomUUID().slice(0, 8)}` })],
    ['the mailbox', 'assertionInvalid', document => ({ ...document, subjectAltName: '3000' })],
    ['the profile', 'assertionInvalid', document => ({ ...document, profile: { ...document.profile, name: 'other' } })],
    ['the CA', 'documentMalformed', document => ({ ...document, ca: '0'.repeat(64) })],
  ])('is refused when it is %s', async (_, code, change) => {
    const document = platform.aCase();
    const approvals = bothApprove(document);
    const changed = change(document);
    const signedDigest = digestOf(encodeDocument(document));
    await expectRefused(await insertOrder(platform, changed, { approvals, digest: signedDigest }), code);
    await platform.database('issuance_orders').where({ case_id: changed.caseId }).delete();
    await expectRefused(await insertOrder(platform, changed, { approvals }), code);
  });

  it('is refused under another digest or another case id', async () => {
    const document = platform.aCase();
    await insertOrder(platform, document, { approvals: bothApprove(document), digest: '0'.repeat(64) });
    await expectRefused(document.caseId, 'digestMismatch');
    const other = platform.aCase();
    await insertOrder(platform, other, { approvals: bothApprove(other), case_id: 'K26-1111-1111' });
    await expectRefused('K26-1111-1111', 'documentMalformed');
  });

  it('is refused where both officers signed a key or a name that the CA core does not find', async () => {
    const requested = aRequestedKey();
    if (requested.from !== 'csr') throw new Error('no request');
    const order = async (change: Partial<CaseDocument>): Promise<string> => {
      const document = platform.aCase(change);
      return insertOrder(platform, document, { approvals: bothApprove(document) });
    };
    const wrongKey = { ...requested, subjectPublicKeyInfo: toHex(ecKey().spki) };
    await expectRefused(await order({ subjectKey: wrongKey }), 'csrMalformed');
    const garbage = { ...requested, certificationRequest: '30820000' };
    await expectRefused(await order({ subjectKey: garbage }), 'csrMalformed');
    const lowOrder = { from: 'server', algorithm: 'p-256', sealTo: '0'.repeat(64) } as const;
    await expectRefused(await order({ subjectKey: lowOrder }), 'keyUnacceptable');
    await expectRefused(await order({ subject: toHex(sequence()) }), 'digestMismatch');
  });
});

const tables = ['issuance_orders', 'intentions', 'certificates', 'status_changes', 'deliveries'];
type Copy = readonly (readonly [string, readonly object[]])[];

const copyOfTables = (): Promise<Copy> =>
  Promise.all(tables.map(async table => [table, await platform.database<object>(table)] as const));

async function putBack(copy: Copy): Promise<void> {
  for (const [table, rows] of copy) {
    await platform.database(table).delete();
    for (const row of rows) await platform.database(table).insert(row);
  }
}

describe('an order played again', () => {
  it('is refused although every trace of the first is gone from the database', async () => {
    const document = await issued();
    const row = await platform.database<Record<string, unknown>>('issuance_orders').where('case_id', document.caseId);
    const before = await copyOfTables();
    for (const table of tables) await platform.database(table).delete();
    const again = { ...row[0], id: randomUUID(), state: 'waiting', refusal: null, closed_at: null };
    await platform.database('issuance_orders').insert(again);
    await expectRefused(document.caseId, 'caseAlreadySigned');
    await platform.database('issuance_orders').update({ state: 'waiting' });
    await restart();
    await expectRefused(document.caseId, 'caseAlreadySigned');
    await putBack(before);
  });

  it('is refused although both officers approved the case anew with another key', async () => {
    const document = await issued();
    const before = await copyOfTables();
    for (const table of tables) await platform.database(table).delete();
    await platform.approve({ ...document, subjectKey: aRequestedKey() });
    await expectRefused(document.caseId, 'caseAlreadySigned');
    await putBack(before);
  });

  it('finds the certificate again whose row was taken away, and signs nothing else', async () => {
    const document = await issued();
    const before = await platform.store.certificates.ofCase(document.caseId);
    await platform.database('certificates').where({ case_id: document.caseId }).delete();
    await restart();
    const after = await platform.store.certificates.ofCase(document.caseId);
    expect(after?.serialNumber).toBe(before?.serialNumber);
    expect(await platform.store.status.of(platform.ca, after?.serialNumber ?? '')).toEqual({ status: 'good' });
  });

  it('takes its own place where another hand has filled it', async () => {
    const document = platform.aCase();
    const { caseId } = document;
    const other = await platform.database<Record<string, unknown>>('certificates').first();
    await platform.database('certificates').insert({ ...other, serial_number: '42', order_id: null, case_id: caseId });
    await platform.database('deliveries').insert({ case_id: caseId, sealed_key: Buffer.of(1), expires_at: 1 });
    await platform.approve(document);
    await settle(core);
    expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'issued' });
    expect((await platform.store.certificates.ofCase(caseId))?.serialNumber).not.toBe('42');
    expect((await platform.store.deliveries.state(caseId))?.expiresAt).toBeGreaterThan(clock.now());
  });
});

describe('an intention written by hand', () => {
  const serial_number = '41'.repeat(16);
  /** What a thief would like to have signed: a CA certificate under our name. */
  const caCertificate = (): Buffer => {
    const issuer = core.ca.issuer.certificate.subject;
    return Buffer.from(encodeTbsCertificate({ ...rootTbs(ecKey().key), issuer, serialNumber: serial_number }));
  };

  it('is taken out unsigned, and its order judged', async () => {
    const document = platform.aCase();
    const id = randomUUID();
    await insertOrder(platform, document, { approvals: [], state: 'intended', id });
    const row = { order_id: id, case_id: document.caseId, case_digest: digestOf(encodeDocument(document)) };
    const content = { issuer: platform.ca, serial_number, profile: 'jcan-classic', tbs_certificate: caCertificate() };
    await platform.database('intentions').insert({ ...row, ...content, mac: '0'.repeat(64) });
    const before = await certificateCount(platform);
    await restart();
    expect(log.alarms).toContain('an intention that this CA core did not write was taken out unsigned');
    await expectRefused(document.caseId, 'approvalsMissing');
    expect(await platform.database('intentions').where({ order_id: id })).toEqual([]);
    expect(await certificateCount(platform)).toBe(before);
    expect(await auditedAbout(platform, document.caseId)).toContain('intention.disowned');
  });

  /** An approved case whose CA core ended at a step, and whose TBSCertificate was then replaced. */
  async function replacedAt(point: 'after order.intend' | 'after order.log'): Promise<CaseDocument> {
    await core.close();
    const atFailpoint = (at: string): Promise<void> =>
      at === point ? Promise.reject(new Error('stop')) : Promise.resolve();
    core = await platform.open({ log, atFailpoint });
    const document = platform.aCase();
    await platform.approve(document);
    await expect(settle(core)).rejects.toThrow('stop');
    const own = platform.database('intentions').where({ case_id: document.caseId });
    await own.update({ tbs_certificate: caCertificate() });
    await restart();
    return document;
  }

  it('is not signed in the place of our own: the order is judged anew', async () => {
    const { caseId } = await replacedAt('after order.intend');
    expect(log.alarms).toContain('an intention that this CA core did not write was taken out unsigned');
    expect(await platform.store.orders.ofCase(caseId)).toMatchObject({ state: 'issued' });
    expect(await platform.store.deliveries.state(caseId)).toMatchObject({ sealed: true });
  });

  it('has nothing else signed in its place once the signer log knows what was to be signed', async () => {
    const signerLog = platform.logOf('signer');
    const { caseId } = await replacedAt('after order.log');
    await expectRefused(caseId, 'caseAlreadySigned');
    // What was lost is lost: the sceptic rightly finds a line without its certificate, and nothing else.
    const [fault, ...others] = await checkPki(platform);
    expect(fault).toContain('the signer log has a TBSCertificate for case');
    expect(others).toEqual([]);
    await core.close();
    signerLog.putBack();
    core = await platform.open({ log });
  });
});

describe('a roll written by hand', () => {
  const thirdOfficer = (): RollDocument => {
    const newest = platform.console.anchors.rolls.newest();
    const roll = JSON.parse(newest?.content.text ?? '') as RollDocument;
    const [first] = roll.members;
    if (first === undefined) throw new Error('an empty roll');
    const credentials = first.credentials.map(one => ({ ...one, id: `${one.id}x`, publicKey: toHex(ecKey().spki) }));
    const member = { ...first, id: 'officer-thief', mailbox: 'thief@example.jp', credentials };
    const previous = digestOf(newest?.content.text ?? '');
    return { ...roll, number: roll.number + 1, previous, members: [...roll.members, member] };
  };
  const insertRoll = async (roll: RollDocument, approvals: unknown): Promise<void> => {
    const text = encodeDocument(roll);
    const row = { number: roll.number, digest: digestOf(text), document: text, approvals: JSON.stringify(approvals) };
    await platform.database('rolls').insert({ ...row, authorised_by: 'console', created_at: clock.now() });
  };

  it.each<[string, (roll: RollDocument) => unknown]>([
    ['nobody approved', () => []],
    ['one officer approved', roll => [platform.officers[0].approve(roll)]],
    [
      'officers approved with their sign-in passkeys',
      roll => platform.officers.map(one => one.approveWithSignIn(roll)),
    ],
    ['officers approved something else', () => bothApprove(platform.aCase())],
  ])('that %s is taken out, audited and alarmed', async (_, approvals) => {
    const roll = thirdOfficer();
    await insertRoll(roll, approvals(roll));
    await settle(core);
    expect((await platform.store.rolls.current())?.roll.number).toBe(1);
    expect(platform.console.anchors.rolls.newest()?.number).toBe(1);
    expect(await auditedAbout(platform, '2')).toContain('roll.refused');
    expect(log.alarms).toContain('a roll that does not hold was taken out');
  });

  it.each<[string, (roll: RollDocument) => RollDocument]>([
    ['skips a number', roll => ({ ...roll, number: 3 })],
    ['follows another roll', roll => ({ ...roll, previous: '0'.repeat(64) })],
    ['follows none', roll => ({ ...roll, previous: null })],
  ])('that %s is taken out although two officers approved it', async (_, change) => {
    const roll = change(thirdOfficer());
    await insertRoll(roll, bothApprove(roll));
    await settle(core);
    expect(platform.console.anchors.rolls.newest()?.number).toBe(1);
    expect((await platform.store.rolls.current())?.number).toBe(1);
  });

  it('is put right where the row of the roll that counts was changed or taken away', async () => {
    const { rolls } = platform.store;
    const right = (await rolls.current())?.digest;
    const text = encodeDocument({ ...thirdOfficer(), number: 1, previous: null });
    await platform.database('rolls').update({ document: text, digest: digestOf(text) });
    await settle(core);
    expect((await rolls.current())?.digest).toBe(right);
    expect(await auditedAbout(platform, '1')).toContain('roll.restored');
    await platform.database('rolls').delete();
    await settle(core);
    expect((await rolls.current())?.digest).toBe(right);
    expect(log.alarms).toHaveLength(2);
  });
});

describe('the row of the issuing CA', () => {
  const row = () => platform.database('issuers').where({ role: 'issuing' });
  it.each<[string, () => Promise<unknown>]>([
    ['is gone', () => row().delete()],
    [
      "holds the root's certificate",
      async () => {
        const root = await platform.database('issuers').where({ role: 'root' }).first<{ certificate: Buffer }>();
        await row().update({ certificate: root.certificate });
      },
    ],
    [
      'holds a certificate of the same key under another name',
      async () => {
        const { key, certificate } = core.ca.issuer;
        const name = certificate.issuer;
        const tbs = encodeTbsCertificate({ ...rootTbs(key), subject: name, issuer: name });
        const forged = sequence(tbs, fromHex('300a06082a8648ce3d040302'), fromHex('030200ff'));
        await row().update({ certificate: Buffer.from(forged) });
      },
    ],
    ['holds nonsense', () => row().update({ certificate: 'nonsense' })],
  ])('keeps the CA core from starting when it %s', async (_, change) => {
    const right = await platform.database<object>('issuers').where({ role: 'issuing' });
    await core.close();
    await change();
    await expect(platform.open()).rejects.toThrow(/notInitialised|signerUnfit|derMalformed/);
    await row().delete();
    for (const one of right) await platform.database('issuers').insert(one);
    core = await platform.open({ log });
  });
});
