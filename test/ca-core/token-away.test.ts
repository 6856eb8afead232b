import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PkiError } from '../../ca-core/errors.ts';
import type { OpenCa } from '../../ca-core/open-ca.ts';
import { aCa, type ACa, type ACaWishes } from '../support/a-ca.ts';
import { checkPki } from '../support/check-pki.ts';
import { pin, softHsm, type SoftHsm } from '../support/soft-hsm.ts';

let hsm: SoftHsm;
let platform: ACa;
let core: OpenCa | undefined;

async function begin(kind: 'bare' | 'shim', wishes: ACaWishes = {}): Promise<void> {
  hsm = softHsm(kind);
  platform = await aCa({ caKeys: hsm.uri(), ...wishes });
}
beforeEach(() => (core = undefined));
afterEach(async () => {
  await core?.close();
  await platform.end();
  hsm.end();
});

/** The reason why a turn waits for the token, or whether it had work. */
async function turnOnce({ turn }: OpenCa): Promise<string | boolean> {
  try {
    return await turn();
  } catch (error) {
    if (error instanceof PkiError && error.code === 'tokenUnavailable') return String(error.values['reason']);
    throw error;
  }
}

/** Seconds until nothing is left to do. */
async function secondsUntilIdle(open: OpenCa): Promise<number> {
  const start = performance.now();
  while ((await turnOnce(open)) !== false) await pause(100);
  return (performance.now() - start) / 1000;
}

async function anOrder(): Promise<string> {
  const document = platform.aCase();
  await platform.approve(document);
  return document.caseId;
}
const stateOf = async (caseId: string): Promise<string | undefined> =>
  (await platform.store.orders.ofCase(caseId))?.state;

describe('a CA core that starts while its token is away', () => {
  it.each([
    ['taken out of its slot', 'bare', () => hsm.unplug(), () => hsm.plugIn()],
    ['removed, as the library says', 'shim', () => hsm.spoil('removed'), () => hsm.mend()],
  ] as const)('(%s) is red, keeps orders, and is green by itself', async (_, kind, takeAway, giveBack) => {
    await begin(kind);
    takeAway();
    core = await platform.open();
    expect(core.ca.keyHealth().state).toBe('red');
    const caseId = await anOrder();
    expect(await turnOnce(core)).toEqual(expect.stringMatching(/./));
    expect(await stateOf(caseId)).toBe('waiting');
    giveBack();
    expect(await secondsUntilIdle(core)).toBeLessThan(30);
    expect(core.ca.keyHealth()).toEqual({ state: 'green', reason: '' });
    expect(await stateOf(caseId)).toBe('issued');
    expect(await checkPki(platform)).toEqual([]);
  });

  it('tries a wrong PIN once, and works when the file is written anew', async () => {
    await begin('shim');
    const before = hsm.count('login');
    writeFileSync(hsm.pinFile, 'wrong-pin\n');
    core = await platform.open();
    const caseId = await anOrder();
    for (let turns = 0; turns < 20; turns++) {
      expect(await turnOnce(core)).toEqual(expect.stringMatching(/PIN/));
      await pause(200);
    }
    expect(hsm.count('login') - before).toBe(1);
    writeFileSync(hsm.pinFile, `${pin}\n`);
    expect(await secondsUntilIdle(core)).toBeLessThan(30);
    expect(await stateOf(caseId)).toBe('issued');
  });

  it('takes no other key of that name for its own', async () => {
    await begin('bare');
    hsm.unplug();
    core = await platform.open();
    hsm.remake();
    await pause(3000);
    expect(await turnOnce(core)).toEqual(expect.stringContaining('keyMissing'));
    hsm.plugIn();
    expect(await secondsUntilIdle(core)).toBeLessThan(30);
  });
});

describe('the number of sessions on the token', () => {
  it.each([1, 2, 8, 16])('may be %i', async tokenSessions => {
    await begin('bare', { tokenSessions });
    core = await platform.open();
    const cases = await Promise.all(Array.from({ length: 12 }, anOrder));
    await secondsUntilIdle(core);
    expect(await Promise.all(cases.map(stateOf))).toEqual(cases.map(() => 'issued'));
  });
});
