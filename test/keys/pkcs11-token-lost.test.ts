import { spawn } from 'node:child_process';
import { createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PkiError } from '../../ca-core/errors.ts';
import type { OpenKeyStore } from '../../ca-core/keys/key-store.ts';
import { openPkcs11KeyStore } from '../../ca-core/keys/pkcs11-key-store.ts';
import type { SigningKey } from '../../ca-core/x509/signed.ts';
import { compiled } from '../support/compiled.ts';
import { refusalFrom } from '../support/refusal.ts';
import { pin, softHsm, type SoftHsm, type Spoiling } from '../support/soft-hsm.ts';

const message = new TextEncoder().encode('what is signed');

let hsm: SoftHsm;
let store: OpenKeyStore;
beforeEach(() => {
  hsm = softHsm('shim');
  store = openStore();
});
afterEach(async () => {
  await store.close();
  hsm.end();
});

const openStore = (): OpenKeyStore =>
  openPkcs11KeyStore({ uri: hsm.uri(), sessions: 2, pinMemory: join(hsm.pinFile, '..', 'pin-refused') });

async function signs(key: SigningKey): Promise<boolean> {
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKey), format: 'der', type: 'spki' });
  return verify('sha256', message, publicKey, await key.sign(message));
}

/** Seconds until `holds`, at most 30. */
async function secondsUntil(holds: () => Promise<boolean> | boolean): Promise<number> {
  const start = performance.now();
  while (performance.now() - start < 30_000) {
    if (await holds()) return (performance.now() - start) / 1000;
    await pause(50);
  }
  throw new Error('not within 30 s');
}

const works = (key: SigningKey) => (): Promise<boolean> =>
  signs(key).catch((error: unknown) => {
    if (error instanceof PkiError && error.code === 'tokenUnavailable') return false;
    throw error;
  });

describe('a token that is lost', () => {
  it.each<Spoiling>(['removed', 'hang', 'crash'])(
    'and signs again after it was away (%s), with the same key',
    async how => {
      const key = await store.generate('issuing', 'p-256');
      hsm.spoil(how);
      const seconds = await secondsUntil(async () => !(await works(key)()));
      expect(seconds).toBeLessThan(10);
      expect(store.health()).toMatchObject({ state: 'red' });
      expect(store.health().reason).not.toBe('');
      await pause(1000);
      expect(await works(key)()).toBe(false);
      hsm.mend();
      expect(await secondsUntil(works(key))).toBeLessThan(30);
      expect(store.health()).toEqual({ state: 'green', reason: '' });
    },
  );

  it.each<Spoiling>(['drop', 'stale'])('only in its sessions or handles (%s) is found again', async how => {
    const key = await store.generate('issuing', 'p-256');
    hsm.spoil(how);
    expect(await works(key)()).toBe(false);
    expect(await secondsUntil(works(key))).toBeLessThan(5);
  });

  it.each<Spoiling>(['removed', 'hang'])('turns red without being asked for a signature (%s)', async how => {
    await store.generate('issuing', 'p-256');
    expect(store.health().state).toBe('green');
    hsm.spoil(how);
    expect(await secondsUntil(() => store.health().state === 'red')).toBeLessThan(10);
    hsm.mend();
    expect(await secondsUntil(() => store.health().state === 'green')).toBeLessThan(30);
  });

  it('fails everything that was under way, and keeps the event loop going', async () => {
    const key = await store.generate('issuing', 'p-256');
    hsm.spoil('hang in sign');
    const asked = Promise.allSettled(Array.from({ length: 50 }, () => key.sign(message)));
    let beats = 0;
    const beating = setInterval(() => (beats += 1), 10);
    const codes = (await asked).map(one => one.status === 'rejected' && (one.reason as PkiError).code);
    clearInterval(beating);
    expect(new Set(codes)).toEqual(new Set(['tokenUnavailable']));
    expect(beats).toBeGreaterThan(200);
  });

  it('is not taken for another in its slot: SoftHSM emptied and made anew, then the old one put back', async () => {
    const key = await store.generate('issuing', 'p-256');
    hsm.unplug();
    hsm.remake();
    hsm.spoil('drop');
    await secondsUntil(async () => !(await works(key)()));
    await secondsUntil(() => store.health().reason.includes('is not on the token'));
    hsm.plugIn();
    expect(await secondsUntil(works(key))).toBeLessThan(30);
  });
});

describe('the program that holds the token', () => {
  it('does not outlive the one that started it, even while the library hangs', async () => {
    const source = `
      import { openPkcs11KeyStore } from '${compiled('ca-core/keys/pkcs11-key-store.ts')}';
      await openPkcs11KeyStore({ uri: '${hsm.uri()}', sessions: 1 }).labels();
      process.stdout.write('up');
      setInterval(() => undefined, 1000);
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(parent.stdout, 'data');
    const pid = String(parent.pid);
    const child = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    hsm.spoil('hang');
    await pause(2500);
    expect(existsSync(`/proc/${child}`)).toBe(true);
    parent.kill('SIGKILL');
    expect(await secondsUntil(() => !existsSync(`/proc/${child}`))).toBeLessThan(10);
  });
});

describe('a PIN', () => {
  it('that is wrong is tried once, also after a restart, until its file changes', async () => {
    writeFileSync(hsm.pinFile, 'wrong');
    expect(await refusalFrom(store.labels())).toMatchObject({ code: 'tokenUnavailable' });
    await pause(2500);
    expect(await refusalFrom(store.labels())).toMatchObject({ code: 'tokenUnavailable' });
    await store.close();
    store = openStore();
    expect(await refusalFrom(store.labels())).toMatchObject({ code: 'tokenUnavailable' });
    expect(store.health().reason).toContain('refused the PIN');
    expect(hsm.count('login')).toBe(1);
    writeFileSync(hsm.pinFile, pin);
    expect(await secondsUntil(async () => (await refusalFrom(store.labels())) === undefined)).toBeLessThan(30);
    expect(hsm.count('login')).toBe(2);
  });

  it('that is wrong is tried once, however many programs of the CA use the token', async () => {
    writeFileSync(hsm.pinFile, 'wrong');
    const stores = [store, openStore(), openStore(), openStore()];
    const refusals = await Promise.all(stores.map(one => refusalFrom(one.labels())));
    expect(refusals.map(refusal => refusal?.code)).toEqual(Array.from(stores, () => 'tokenUnavailable'));
    await pause(1000);
    expect(hsm.count('login')).toBe(1);
    writeFileSync(hsm.pinFile, pin);
    for (const one of stores) {
      expect(await secondsUntil(async () => (await refusalFrom(one.labels())) === undefined)).toBeLessThan(30);
      await one.close();
    }
    expect(hsm.count('login')).toBe(5);
  });

  it('is given once in the life of the connection, however much is signed', async () => {
    const key = await store.generate('issuing', 'p-256');
    await Promise.all(Array.from({ length: 100 }, () => key.sign(message)));
    expect(hsm.count('login')).toBe(1);
    expect(hsm.count('sign')).toBe(100);
  });

  it('that cannot be read is no PIN tried', async () => {
    await store.close();
    store = openPkcs11KeyStore({ uri: hsm.uri().replace(hsm.pinFile, '/nowhere/pin'), sessions: 1 });
    expect(await refusalFrom(store.labels())).toEqual({
      code: 'tokenUnavailable',
      values: { reason: 'the PIN file /nowhere/pin cannot be read' },
    });
    expect(hsm.count('login')).toBe(0);
  });
});
