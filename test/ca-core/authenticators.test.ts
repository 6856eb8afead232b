/** Whoever has fewer authenticators than the policy asks for approves nothing, whatever the database says. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCa } from '../../ca-core/open-ca.ts';
import { silentLog } from '../../ca-core/log.ts';
import { encodeDocument, type RevocationDocument, type RollDocument } from '../../ca-core/approvals/documents.ts';
import { aCa, settle, type ACa } from '../support/a-ca.ts';

const policies = mkdtempSync(join(tmpdir(), 'kakuin-policies-'));
let single: ACa;
let equipped: ACa;

beforeAll(async () => {
  single = await aCa();
  equipped = await aCa({ authenticators: 2 });
  cpSync(single.settings.policies, policies, { recursive: true });
  const file = join(policies, 'schedule.yaml');
  const text = readFileSync(file, 'utf8');
  expect(text).toContain('firstTry: 1');
  writeFileSync(file, text.replace('firstTry: 1', 'firstTry: 2'));
});
afterAll(async () => {
  await single.end();
  await equipped.end();
  rmSync(policies, { recursive: true });
});

/** A CA core that asks for two authenticators works until nothing is left. */
async function work({ settings, clock }: ACa): Promise<void> {
  const ca = await openCa({ ...settings, policies }, { log: silentLog, clock });
  await settle(ca);
  await ca.close();
}

describe('the CA core', () => {
  it('issues nothing that officers with one authenticator approved', async () => {
    const document = single.aCase();
    await single.approve(document);
    await work(single);
    const order = await single.store.orders.ofCase(document.caseId);
    expect(order).toMatchObject({ state: 'refused', refusal: { code: 'authenticatorsMissing' } });
  });

  it('follows no roll that they signed, and revokes nothing on their word', async () => {
    const current = await single.store.rolls.current();
    if (current === undefined) throw new Error('there is a roll');
    const [first, ...others] = current.roll.members;
    const next: RollDocument = {
      ...current.roll,
      number: current.roll.number + 1,
      previous: current.digest,
      members: [...(first === undefined ? [] : [first]), ...others],
    };
    await single.approve(next);
    const revocation: RevocationDocument = {
      kind: 'revocation',
      version: 1,
      ca: single.ca,
      serialNumber: '4f01',
      reason: 'superseded',
      invalidityDate: null,
      requestedAt: single.clock.now(),
    };
    await single.approve(revocation, single.officers.slice(0, 1));
    await work(single);
    expect((await single.store.rolls.current())?.roll.number).toBe(current.roll.number);
    const [order] = await single.store.revocations.of(single.ca, '4f01');
    expect(order?.state).toBe('refused');
    expect(encodeDocument(next)).not.toBe('');
  });

  it('issues what officers with two of them approved', async () => {
    const document = equipped.aCase();
    await equipped.approve(document);
    await work(equipped);
    expect(await equipped.store.orders.ofCase(document.caseId)).toMatchObject({ state: 'issued' });
  });
});
