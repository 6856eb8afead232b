/** The files of deploy/ as systemd reads them: whole, hardened, and speaking of the settings that the services know. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings as readDeskSettings } from '../../approval-desk/settings.ts';
import { readCaSettings } from '../../ca-core/settings.ts';
import { readSettings as readPublisherSettings } from '../../crl-publisher/settings.ts';
import { readSettings as readMonitorSettings } from '../../monitor/settings.ts';
import { readSettings as readResponderSettings } from '../../ocsp-responder/settings.ts';
import { readSettings as readPortalSettings } from '../../ra-portal/settings.ts';
import { serviceNames, type ServiceName } from '../../scripts/settings.ts';
import { deploy } from './an-empty-root.ts';

/** What `systemd-analyze security` calls the exposure, from 0 to 10, as systemd 252 counts it; a unit without armour has 9.6. */
const exposures: Readonly<Record<ServiceName, number>> = {
  'ca-core': 0.4,
  'crl-publisher': 1.1,
  'ocsp-responder': 1.1,
  'approval-desk': 1.1,
  'ra-portal': 1.1,
  monitor: 1.1,
};

const root = mkdtempSync(join(tmpdir(), 'kakuin-units-'));
const units = join(root, 'etc/systemd/system');
const read = (...path: readonly string[]): string => readFileSync(join(deploy, ...path), 'utf8');

beforeAll(() => {
  mkdirSync(units, { recursive: true });
  cpSync(join(deploy, 'systemd'), units, { recursive: true });
  // Where production has Node.js from Debian, this machine may have it anywhere.
  for (const file of readdirSync(units).filter(name => name.endsWith('.service'))) {
    const text = readFileSync(join(units, file), 'utf8').replace('/usr/bin/node', process.execPath);
    writeFileSync(join(units, file), text.replace('/usr/local/sbin/kakuin', process.execPath));
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('systemd', () => {
  it('finds nothing wrong with any unit', () => {
    const files = readdirSync(units).filter(name => /\.(service|target|timer)$/.test(name));
    expect(files.length).toBeGreaterThan(5);
    const verified = spawnSync('systemd-analyze', ['verify', '--man=no', ...files.map(file => join(units, file))], {
      encoding: 'utf8',
    });
    expect(verified).toMatchObject({ status: 0, stderr: '', stdout: '' });
  });

  it.each(serviceNames)('counts the exposure of kakuin-%s as no more than is written here', service => {
    const words = ['security', '--offline=true', '--no-pager', `--root=${root}`];
    const threshold = `--threshold=${Math.round(exposures[service] * 10)}`;
    const judged = spawnSync('systemd-analyze', [...words, threshold, `kakuin-${service}.service`], {
      encoding: 'utf8',
    });
    expect(judged.stdout).toMatch(/Overall exposure level for kakuin-[a-z-]+\.service: [\d.]+ (SAFE|OK)/);
    expect(judged.status).toBe(0);
  });

  it.each(serviceNames)('kakuin-%s: no new privileges, read-only system, private temp, its own user', service => {
    const armour = read('systemd', 'kakuin-.service.d', 'armour.conf');
    for (const line of ['NoNewPrivileges=yes', 'ProtectSystem=strict', 'PrivateTmp=yes', 'CapabilityBoundingSet='])
      expect(armour).toMatch(new RegExp(`^${line}$`, 'm'));
    const unit = read('systemd', `kakuin-${service}.service`);
    expect(unit).toMatch(new RegExp(`^User=kakuin-${service}$`, 'm'));
    expect(unit).not.toMatch(/NoNewPrivileges|ProtectSystem|PrivateTmp|CapabilityBoundingSet/);
    expect(read('sysusers.conf')).toMatch(new RegExp(`^u kakuin-${service} `, 'm'));
  });

  it.each(serviceNames)('kakuin-%s says nothing that the armour, which is read later, would take back', service => {
    const keysOf = (text: string): string[] => Array.from(text.matchAll(/^([A-Za-z]+)=/gm), ([, key = '']) => key);
    const armour = new Set(keysOf(read('systemd', 'kakuin-.service.d', 'armour.conf')));
    const collected = ['Environment', 'EnvironmentFile'];
    const both = keysOf(read('systemd', `kakuin-${service}.service`)).filter(key => armour.has(key));
    expect(both.filter(key => !collected.includes(key))).toEqual([]);
  });

  it('gives the CA core no network and lets it listen on nothing', () => {
    const unit = read('systemd', 'kakuin-ca-core.service');
    expect(unit).toMatch(/^PrivateNetwork=yes$/m);
    expect(unit).not.toContain('SocketBindAllow');
  });
});

describe('the settings', () => {
  const environment = (...files: string[]): Record<string, string> =>
    Object.fromEntries(
      files
        .flatMap(file => read('env', file).split('\n'))
        .filter(line => line.startsWith('KAKUIN_'))
        .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  const readers: Readonly<Record<ServiceName, (variables: Record<string, string>) => unknown>> = {
    'ca-core': readCaSettings,
    'crl-publisher': readPublisherSettings,
    'ocsp-responder': readResponderSettings,
    'approval-desk': readDeskSettings,
    'ra-portal': readPortalSettings,
    monitor: readMonitorSettings,
  };

  it.each(serviceNames)('of %s are whole, and its URL of the database can be read', service => {
    const variables: Record<string, string> = {
      ...environment('kakuin.env', `${service}.env`),
      KAKUIN_PASSPHRASE_FILE: '/run/passphrase',
    };
    expect(() => readers[service](variables)).not.toThrow();
    const url = new URL(variables['KAKUIN_DATABASE'] ?? '');
    expect(url.username).toBe(`kakuin_${service.replaceAll('-', '_')}`);
    expect(url.password).toBe('');
    expect(url.searchParams.get('passwordfile')).toBe(`/run/credentials/kakuin-${service}.service/database`);
  });
});

describe('the console', () => {
  it('is a shell script without a mistake in it', () => {
    execFileSync('sh', ['-n', join(deploy, 'kakuin')]);
  });
});

describe('the container files', () => {
  it.each(serviceNames)('of %s runs its program as a user of its own', service => {
    const file = read('containers', `${service}.Containerfile`);
    expect(file).toContain(`CMD ["node", "dist/${service}/main.js"]`);
    expect(file).toContain('# Not run where it was written');
    const users = serviceNames.map(name => /^USER (\d+)/m.exec(read('containers', `${name}.Containerfile`))?.[1]);
    expect(new Set(users).size).toBe(serviceNames.length);
    expect(/^EXPOSE/m.test(file)).toBe(service !== 'ca-core');
  });
});
