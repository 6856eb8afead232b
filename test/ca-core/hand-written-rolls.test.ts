/** Design §1: an attacker wrote the rows. The roll of officers is put right; with another row of its CA no CA core starts. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { digestOf, encodeDocument, type RollDocument } from '../../ca-core/approvals/documents.ts';
import { fromHex, sequence, toHex } from '../../ca-core/x509/der.ts';
import { encodeTbsCertificate } from '../../ca-core/x509/tbs-certificate.ts';
import { auditedAbout, type AlarmLog } from '../support/by-hand.ts';
import { ecKey, rootTbs } from '../support/certificates.ts';
import type { ACa } from '../support/a-ca.ts';
import { aRunningCa, type ARunningCa } from './support/a-running-ca.ts';

let running: ARunningCa;
let platform: ACa;
let clock: ARunningCa['clock'];
let log: AlarmLog;
beforeAll(async () => {
  running = await aRunningCa();
  ({ platform, clock, log } = running);
});
afterEach(() => running.expectSound());
afterAll(() => running.end());

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
    ['officers approved something else', () => running.bothApprove(platform.aCase())],
  ])('that %s is taken out, audited and alarmed', async (_, approvals) => {
    const roll = thirdOfficer();
    await insertRoll(roll, approvals(roll));
    await running.settle();
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
    await insertRoll(roll, running.bothApprove(roll));
    await running.settle();
    expect(platform.console.anchors.rolls.newest()?.number).toBe(1);
    expect((await platform.store.rolls.current())?.number).toBe(1);
  });

  it('is put right where the row of the roll that counts was changed or taken away', async () => {
    const { rolls } = platform.store;
    const right = (await rolls.current())?.digest;
    const text = encodeDocument({ ...thirdOfficer(), number: 1, previous: null });
    await platform.database('rolls').update({ document: text, digest: digestOf(text) });
    await running.settle();
    expect((await rolls.current())?.digest).toBe(right);
    expect(await auditedAbout(platform, '1')).toContain('roll.restored');
    await platform.database('rolls').delete();
    await running.settle();
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
        const { key, certificate } = running.core.ca.issuer;
        const name = certificate.issuer;
        const tbs = encodeTbsCertificate({ ...rootTbs(key), subject: name, issuer: name });
        const forged = sequence(tbs, fromHex('300a06082a8648ce3d040302'), fromHex('030200ff'));
        await row().update({ certificate: Buffer.from(forged) });
      },
    ],
    ['holds nonsense', () => row().update({ certificate: 'nonsense' })],
  ])('keeps the CA core from starting when it %s', async (_, change) => {
    const right = await platform.database<object>('issuers').where({ role: 'issuing' });
    await running.stop();
    await change();
    await expect(platform.open()).rejects.toThrow(/notInitialised|signerUnfit|derMalformed/);
    await row().delete();
    for (const one of right) await platform.database('issuers').insert(one);
    await running.start();
  });
});
