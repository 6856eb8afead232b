/** Behind a proxy: whose word counts about where a request came from, and what production lacks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPolicies } from '../../ca-core/index.ts';
import { trustIn } from '../../ra-portal/pages/guards.ts';
import { productionWarnings } from '../../ra-portal/people/production.ts';
import { createProxyServer, listenAtSocket } from '../../ra-portal/people/proxy-socket.ts';
import { readSettings } from '../../ra-portal/settings.ts';
import { aPortal, type APortal } from './support/a-portal.ts';
import { overSocket } from './support/over-socket.ts';

let world: APortal;
const folder = mkdtempSync(join(tmpdir(), 'kakuin-proxies-'));
const socket = join(folder, 'portal.sock');
let proxy: ReturnType<typeof createProxyServer>;
beforeAll(async () => {
  world = await aPortal();
  proxy = createProxyServer(world.portal.app);
  await listenAtSocket(proxy, socket);
});
afterAll(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await world.end();
  rmSync(folder, { recursive: true, force: true });
});

describe('X-Forwarded-For', () => {
  it('counts from the named networks and the socket, and from nobody else', () => {
    const trusts = trustIn({ trustedProxies: ['10.0.0.0/8', '192.0.2.7', 'fd00::/8'] });
    expect(['10.1.2.3', '192.0.2.7', 'fd12::1', undefined].map(trusts)).toEqual([true, true, true, true]);
    expect(['11.0.0.1', '192.0.2.8', 'fe80::1', '::1'].map(trusts)).toEqual([false, false, false, false]);
  });

  it('keeps one address from using up the tries of another', async () => {
    const guess = (from: string) =>
      overSocket(socket, world.url, {
        method: 'POST',
        path: '/sign-in/options',
        headers: { 'X-Forwarded-For': from },
      });
    for (let n = 0; n < 60; n++) await guess('198.51.100.1');
    expect((await guess('198.51.100.1')).status).toBe(429);
    expect((await guess('198.51.100.2')).status).toBe(200);
    expect((await guess('2001:db8::1')).status).toBe(200);
  });

  it('is not believed over TCP: a guesser has no other addresses to choose from', async () => {
    const guess = (n: number) => world.visitor().json('/sign-in/options', {}).set('X-Forwarded-For', `203.0.113.${n}`);
    for (let n = 0; n < 60; n++) await guess(n);
    expect((await guess(61)).status).toBe(429);
  });
});

describe('settings', () => {
  it('take a socket and networks, and refuse what is neither', () => {
    const mistakes = (environment: Record<string, string>): string => {
      try {
        readSettings(environment);
        return '';
      } catch (error) {
        return String(error);
      }
    };
    for (const wrong of ['everybody', '10.0.0.0/33', '10.0.0.1,', 'fd00::/129']) {
      expect(mistakes({ KAKUIN_TRUSTED_PROXIES: wrong })).toContain('KAKUIN_TRUSTED_PROXIES');
    }
    expect(mistakes({ KAKUIN_TRUSTED_PROXIES: '10.0.0.0/8,fd00::1' })).not.toContain('KAKUIN_TRUSTED_PROXIES');
    expect(mistakes({ KAKUIN_PORTAL_SOCKET: `/${'x'.repeat(120)}` })).toContain('KAKUIN_PORTAL_SOCKET');
  });
});

describe('production', () => {
  it('is warned of fewer than four officers and of single authenticators; a first try over http is not', async () => {
    await world.officers();
    const policies = readPolicies(world.settings.policies);
    const warnings = await productionWarnings(world.store, { url: 'https://ra.example' }, policies);
    expect(warnings).toEqual([
      'production needs at least 4 officers; the roll has 2',
      expect.stringMatching(
        /^each officer needs 2 authenticators to approve anything; fewer have officer-\w+, officer-\w+$/,
      ),
    ]);
    expect(await productionWarnings(world.store, { url: world.url }, policies)).toEqual([]);
  });
});
