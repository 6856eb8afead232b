/** The installation guide: the same commands in both languages, every file there is; and in the long form, all of it run. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import { serviceNames } from '../../scripts/settings.ts';
import { anEmptyMachine, missingForMachines, type EmptyMachine } from './an-empty-machine.ts';

interface Block {
  readonly section: string;
  readonly script: string;
}

const isLong = process.env['KAKUIN_LONG'] === '1';
/** A folder with a machine on which sections 1 and 2 were done, to try the others again in less time. */
const prepared = process.env['KAKUIN_MACHINE'];
const missing = missingForMachines();
if (isLong && missing !== undefined)
  process.stderr.write(`\nNOT TRIED: the installation guide on an empty machine, which needs ${missing}.\n`);

function blocksOf(language: 'ja' | 'en'): Block[] {
  const text = readFileSync(join(projectRoot, 'docs', 'guides', `installation.${language}.md`), 'utf8');
  return text.split(/^## /m).flatMap((part, index) => {
    const [title = ''] = part.split('\n');
    const section = /^\d+/.exec(title)?.[0] ?? (index === 0 ? 'head' : 'after');
    return Array.from(part.matchAll(/^```sh\n(.*?)^```$/gms), ([, script = '']) => ({ section, script }));
  });
}

const blocks = blocksOf('en');

describe('the installation guide', () => {
  it('has the same commands in both languages', () => {
    expect(blocks.length).toBeGreaterThan(10);
    expect(blocksOf('ja')).toEqual(blocks);
  });

  it('has no block that a shell cannot read, and names only files that there are', () => {
    for (const { script } of blocks) expect(spawnSync('bash', ['-n'], { input: script }).status).toBe(0);
    for (const language of ['ja', 'en']) {
      const text = readFileSync(join(projectRoot, 'docs', 'guides', `installation.${language}.md`), 'utf8');
      for (const [, path = ''] of text.matchAll(/\]\((\.\.?\/[^)#]+|[a-z.]+\.md)\)/g))
        expect([path, existsSync(join(projectRoot, 'docs', 'guides', path))]).toEqual([path, true]);
    }
  });
});

describe.runIf(isLong && missing === undefined)('on a machine made with nothing but debootstrap', () => {
  let machine: EmptyMachine | undefined;
  afterAll(() => machine?.end(), 300_000);

  function run(script: string): string {
    const { status, stdout, stderr } = machine?.run(script) ?? {};
    if (status !== 0) {
      const journal = machine?.run("journalctl -o cat -n 60 -u 'kakuin-*' -u nginx; systemctl --failed").stdout ?? '';
      throw new Error([script, ...[stdout, stderr, journal].map(text => text?.slice(-4000) ?? '')].join('\n'));
    }
    return stdout ?? '';
  }

  const runSection = (...sections: readonly string[]): void => {
    for (const { section, script } of blocks) if (sections.includes(section)) run(exchanged(script));
  };

  const numberOf = (crl: string): number => Number(/CRL Number: *\n *(\d+)/.exec(crl)?.[1]);
  const serialIn = (crl: string): string | undefined => /Serial Number: (\w+)/.exec(crl)?.[1];

  /** What only people or the world can give is exchanged; the guide says so at its end. */
  const exchanged = (script: string): string =>
    script
      .replace('git clone REPOSITORY', 'git clone -q /root/repository')
      .replace('git pull --ff-only', 'git pull -q --ff-only')
      .replaceAll(/(ceremony (?:root|request|sign|install) )/g, '$1--yes ');

  it('every command works, and the story goes through nginx', { timeout: 900_000 }, async () => {
    const made = (machine = anEmptyMachine(prepared));
    if (prepared === undefined) {
      execFileSync('git', ['clone', '-q', '--bare', projectRoot, join(made.folder, 'root', 'repository')]);
      // Services shall not start before the machine itself does.
      run("printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d; chmod 755 /usr/sbin/policy-rc.d");
      runSection('1');
      run('apt-get install -y -q --no-install-recommends systemd-sysv dbus; rm /usr/sbin/policy-rc.d');
      runSection('2');
    }
    await made.boot();
    run(
      `printf '127.0.0.1 ra.kakuin.example approve.kakuin.example ocsp.kakuin.example crl.kakuin.example\\n' >> /etc/hosts`,
    );
    runSection('3');
    run("sed -i 's#^KAKUIN_MAIL=.*#KAKUIN_MAIL=folder:/var/lib/kakuin/portal/mail#' /etc/kakuin/kakuin.env");
    runSection('4');
    run(`install -d /media/ceremony
      sed 's#^crlUrl: setting#crlUrl: http://crl.kakuin.example#' /opt/kakuin/policies/ceremony.yaml > /media/ceremony/plan.yaml`);
    run(`install -d -m 0700 /etc/nginx/kakuin
      openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ra.kakuin.example \\
        -addext subjectAltName=DNS:ra.kakuin.example,DNS:approve.kakuin.example \\
        -keyout /etc/nginx/kakuin/tls.key -out /etc/nginx/kakuin/tls.crt 2> /dev/null`);
    // Nobody trusts that one by itself; the monitor opens the pages, too.
    run(`install -m 0644 /etc/nginx/kakuin/tls.crt /etc/ssl/kakuin.crt
      echo NODE_EXTRA_CA_CERTS=/etc/ssl/kakuin.crt >> /etc/kakuin/monitor.env`);
    runSection('5', '6', '7');
    // Each says so within seconds; people would look.
    run(
      "for i in $(seq 120); do [ $(journalctl -o cat -u 'kakuin-*' | grep -c ' ready ') -ge 6 ] && break; sleep 0.5; done",
    );
    runSection('8');
    const story = run(`set -a; . /etc/kakuin/kakuin.env; set +a; cd /opt/kakuin
      NODE_EXTRA_CA_CERTS=/etc/nginx/kakuin/tls.crt KAKUIN_DATABASE=none node dist/test/deploy/story-there.js`);
    expect(story).toContain('A new CRL holds the certificate.');
    runSection('9');
    // Until the monitor looks again.
    run('for i in $(seq 90); do kakuin status > /dev/null && break; sleep 1; done');
    runSection('10');
    expect(run('kakuin status')).toMatch(/green +Since the last backup/);
    expect(run('ls /var/backups/kakuin')).toMatch(/^\d{8}T\d{6}Z\.kakuin$/m);
    expect(run('cat /var/backups/kakuin/last-backup.json')).toContain('"leftOut":[]');
    const crl = (): string =>
      run(
        'openssl crl -inform der -in /var/lib/kakuin/crl/crl/issuing/0.crl -noout -text | grep -E -A1 "CRL Number|Serial"',
      );
    const before = crl();
    runSection('11');
    run('for i in $(seq 90); do kakuin status > /dev/null && break; sleep 1; done; kakuin status');
    expect(numberOf(crl())).toBeGreaterThan(numberOf(before));
    expect(serialIn(crl())).toBe(serialIn(before));
    const compared = run('kakuin reconcile');
    expect(compared).toContain('Every place says the same.');
    expect(compared).not.toContain('not compared');
    // Armour and all, none of them ended meanwhile; and the CA core sees no device but its loopback.
    const states = run("systemctl show -p Id -p ActiveState -p NRestarts 'kakuin-*.service'").trim().split('\n\n');
    expect(states).toHaveLength(serviceNames.length);
    for (const state of states) expect(state).toMatch(/^NRestarts=0\nId=kakuin-[a-z-]+\.service\nActiveState=active$/);
    const devices = run('cat /proc/$(systemctl show -p MainPID --value kakuin-ca-core)/net/dev');
    expect(devices.match(/^ *\S+:/gm)).toEqual(['    lo:']);
  });
});
