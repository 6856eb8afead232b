/** A Debian machine with nothing on it, made by debootstrap and booted with its own systemd; for root, and long tests. */
import { execFileSync, spawn, spawnSync, type ChildProcess, type SpawnSyncReturns } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export interface EmptyMachine {
  readonly folder: string;
  /** Runs a shell script as its root; with the network of this machine until it is booted, with none after. */
  readonly run: (script: string) => SpawnSyncReturns<string>;
  readonly boot: () => Promise<void>;
  readonly end: () => Promise<void>;
}

const tools = ['debootstrap', 'systemd-nspawn', 'nsenter'];

/** What is missing here for such a machine, or nothing. */
export function missingForMachines(): string | undefined {
  if (process.getuid?.() !== 0) return 'root';
  return tools.find(tool => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0);
}

/**
 * Made anew, or a copy of the one in that folder. Until it is booted it has the network of this machine, and believes what
 * this one believes of TLS; then it has none.
 */
export function anEmptyMachine(like?: string): EmptyMachine {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-machine-'));
  if (like !== undefined) execFileSync('cp', ['-a', `${like}/.`, folder]);
  else execFileSync('debootstrap', ['--variant=minbase', 'trixie', folder], { stdio: 'pipe' });
  // It is the machine's root: every user of it has to get through.
  chmodSync(folder, 0o755);
  cpSync('/etc/ssl/certs/ca-certificates.crt', join(folder, 'etc/trusted-outside.crt'));
  let booted: ChildProcess | undefined;
  return {
    folder,
    run: script => {
      const outside = [...nspawn(folder), '--pipe', '--resolv-conf=copy-host', '-M', `${machineName}-made`];
      const place = booted === undefined ? outside : ['nsenter', ...inside(booted)];
      const clean = ['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root'];
      const more = ['DEBIAN_FRONTEND=noninteractive', 'NODE_EXTRA_CA_CERTS=/etc/trusted-outside.crt'];
      const words = [...place, ...clean, ...more, 'bash', '-euo', 'pipefail', '-c', script];
      return spawnSync(words[0] ?? '', words.slice(1), {
        encoding: 'utf8',
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
        maxBuffer,
      });
    },
    boot: async () => {
      const words = [...nspawn(folder), '--private-network', '--boot', '-M', machineName];
      booted = spawn(words[0] ?? '', words.slice(1), { env, stdio: 'ignore' });
      for (let tries = 0; tries < 300; tries++) {
        const state =
          initOf(booted) === ''
            ? ''
            : spawnSync('nsenter', [...inside(booted), 'systemctl', 'is-system-running'])
                .stdout.toString()
                .trim();
        if (state === 'running' || state === 'degraded') return;
        await pause(200);
      }
      throw new Error('the machine does not boot');
    },
    end: async () => {
      if (booted?.exitCode === null) {
        // Its first program takes all others with it.
        process.kill(Number(initOf(booted)), 'SIGKILL');
        await once(booted, 'exit');
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const machineName = `kakuin-${process.pid}`;
const maxBuffer = 64 * 1024 * 1024;
/** Where this machine runs no systemd, the unified hierarchy of control groups has to be asked for. */
const env = { ...process.env, SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1' };

const nspawn = (folder: string): string[] => [
  'systemd-nspawn',
  '--quiet',
  '--register=no',
  '--keep-unit',
  '-D',
  folder,
];

const inside = (booted: ChildProcess): string[] => ['-t', initOf(booted), '-a', '--'];

/** The number of its first program, as this machine sees it. */
function initOf({ pid = 0 }: ChildProcess): string {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0] ?? '';
  } catch {
    return '';
  }
}
