import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PkiError } from '../../ca-core/errors.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { aCa, settle, type ACa } from '../support/a-ca.ts';
import { checkPki } from '../support/check-pki.ts';
import { softHsm, type SoftHsm, type Spoiling } from '../support/soft-hsm.ts';

let hsm: SoftHsm;
let platform: ACa;
beforeEach(async () => {
  hsm = softHsm('shim');
  platform = await aCa({ caKeys: hsm.uri() });
});
afterEach(async () => {
  await platform.end();
  hsm.end();
});

/** Approved by two officers; the case ids. */
async function approveCases(count: number): Promise<string[]> {
  const documents = Array.from({ length: count }, () => platform.aCase());
  for (const document of documents) await platform.approve(document);
  return documents.map(({ caseId }) => caseId);
}

async function statesOf(caseIds: readonly string[]): Promise<(string | undefined)[]> {
  return Promise.all(caseIds.map(async caseId => (await platform.store.orders.ofCase(caseId))?.state));
}

/** The CA core's loop: a turn that fails for the token is tried again, any other failure is the test's. */
async function turnOnce({ turn }: OpenCa): Promise<'worked' | 'idle' | 'red'> {
  try {
    return (await turn()) ? 'worked' : 'idle';
  } catch (error) {
    if (error instanceof PkiError && error.code === 'tokenUnavailable') return 'red';
    throw error;
  }
}

/** Seconds until a turn is of that color. */
async function turnUntil(core: OpenCa, wanted: 'idle' | 'red'): Promise<number> {
  const start = performance.now();
  while ((await turnOnce(core)) !== wanted) await pause(100);
  return (performance.now() - start) / 1000;
}

describe('the token of the issuing CA', () => {
  it.each<Spoiling>(['removed', 'hang in sign', 'crash', 'stale'])(
    'is lost in the middle of a batch (%s): orders wait, then each is issued once',
    async how => {
      let isArmed = true;
      const core = await platform.open({
        atFailpoint: point => {
          if (isArmed && point === 'after order.log') hsm.spoil(how);
          isArmed &&= point !== 'after order.log';
          return Promise.resolve();
        },
      });
      const caught = await approveCases(8);
      expect(await turnUntil(core, 'red')).toBeLessThan(10);
      expect(new Set(await statesOf(caught))).toEqual(new Set(['intended']));
      const later = await approveCases(3);
      if (how !== 'stale') {
        await pause(500);
        expect(await turnOnce(core)).toBe('red');
        expect(core.ca.keyHealth().state).toBe('red');
        expect(new Set(await statesOf(later))).toEqual(new Set(['waiting']));
      }
      hsm.mend();
      expect(await turnUntil(core, 'idle')).toBeLessThan(30);
      expect(core.ca.keyHealth()).toEqual({ state: 'green', reason: '' });
      expect(new Set(await statesOf([...caught, ...later]))).toEqual(new Set(['issued']));
      expect(await platform.database('certificates').whereNotNull('case_id')).toHaveLength(11);
      expect(await checkPki(platform)).toEqual([]);
      await core.close();
    },
  );

  it('is lost while nothing is to be signed: the state is red all the same, and revoking goes on', async () => {
    const core = await platform.open();
    const [caseId = ''] = await approveCases(1);
    await settle(core);
    const certificate = await platform.store.certificates.ofCase(caseId);
    if (certificate === undefined) throw new Error('not issued');
    const { issuer, serialNumber } = certificate;
    hsm.spoil('removed');
    expect(await turnUntil(core, 'red')).toBeLessThan(10);
    const common = { kind: 'revocation', version: 1, ca: platform.ca, invalidityDate: null } as const;
    const requestedAt = platform.clock.now();
    await platform.approve({ ...common, serialNumber, reason: 'keyCompromise', requestedAt }, [platform.officers[0]]);
    expect(await turnOnce(core)).toBe('red');
    expect(await platform.store.status.of(issuer, serialNumber)).toMatchObject({ status: 'revoked' });
    hsm.mend();
    expect(await turnUntil(core, 'idle')).toBeLessThan(30);
    expect(await checkPki(platform)).toEqual([]);
    await core.close();
  });
});
