/** The machine's PC/SC daemon with virtual readers, for one test file at a time: there is one per machine. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openFileLock, type FileLock } from '../../../ca-core/home/file-lock.ts';
import { projectRoot } from '../../../ca-core/project-root.ts';
import { startCardThread, type VpcdSlot } from './vpcd-slot.ts';

const daemon = '/usr/sbin/pcscd';
const driver = '/usr/lib/pcsc/drivers/serial/libifdvpcd.so';
const comm = '/run/pcscd/pcscd.comm';
const firstPort = 36_000;
/** A device of vpcd has two slots, the ports one after the other. Clients of pcscd can watch fifteen readers: 7 devices. */
const slotsPerDevice = 2;
const longestWait = 300_000;

export interface Pcscd {
  readonly slots: readonly VpcdSlot[];
  readonly end: () => Promise<void>;
}

/** What Debian's package adds to the machine's own daemon, which systemd keeps: used where that one runs already. */
const ownSlots = [0, 1].map(slot => ({ name: `Virtual PCD 00 0${slot}`, port: 35_963 + slot }));

/**
 * Waits for its turn, starts pcscd with `devices` virtual devices of two readers each. Throws, saying what is missing,
 * where the packages are not installed or the daemon may not be started (it wants root, and no other beside it).
 */
export async function startPcscd(devices = 1): Promise<Pcscd> {
  for (const [file, debian] of Object.entries({ [daemon]: 'pcscd', [driver]: 'vsmartcard-vpcd' })) {
    if (!existsSync(file)) throw new Error(`${file} is missing: please install ${debian} (apt-get install ${debian}).`);
  }
  const lock = await turn();
  await endLeftOver();
  const cards = startCardThread();
  if (await isListening()) {
    return {
      slots: ownSlots.map(({ name, port }) => cards.slot(name, port)),
      end: async () => {
        await cards.end();
        lock.close();
      },
    };
  }
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-pcscd-'));
  const names = Array.from({ length: devices }, (_, at) => `Kakuin virtual ${String.fromCharCode(65 + at)}`);
  const readers = join(folder, 'readers');
  mkdirSync(readers);
  writeFileSync(join(readers, 'vpcd'), names.map((name, device) => readerLines(folder, name, device)).join(''));
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const [command, ...words] = [...asRoot, 'env', `LD_PRELOAD=${compileNoDelay(folder)}`, daemon];
  const child = spawn(command, [...words, '--foreground', '--error', '--config', readers], { stdio: 'pipe' });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => (said += String(chunk)));
  const end = async (): Promise<void> => {
    await cards.end();
    await stop(child);
    rmSync(folder, { recursive: true, force: true });
    lock.close();
  };
  try {
    await ready(child, () => said);
  } catch (error) {
    await end();
    throw error;
  }
  const slots = names.flatMap((name, device) =>
    Array.from({ length: slotsPerDevice }, (_, slot) => cards.slot(`${name} 00 0${slot}`, portOf(device) + slot)),
  );
  return { slots, end };
}

const portOf = (device: number): number => firstPort + slotsPerDevice * device;

/** Each device has a copy of the driver: loaded twice from one file it would keep one set of slots for all. */
function readerLines(folder: string, name: string, device: number): string {
  const port = `0x${portOf(device).toString(16)}`;
  const library = join(folder, `vpcd-${device}.so`);
  copyFileSync(driver, library);
  return `FRIENDLYNAME "${name}"\nDEVICENAME /dev/null:${port}\nLIBPATH ${library}\nCHANNELID ${port}\n\n`;
}

function compileNoDelay(folder: string): string {
  const library = join(folder, 'no-delay.so');
  const source = join(projectRoot, 'test', 'support', 'cards', 'no-delay.c');
  execFileSync('gcc', ['-shared', '-fPIC', '-O1', '-Wall', '-o', library, source, '-ldl']);
  return library;
}

async function turn(): Promise<FileLock> {
  const lock = openFileLock(join(tmpdir(), 'kakuin-pcscd.lock'));
  const giveUpAt = performance.now() + longestWait;
  while (!lock.take()) {
    if (performance.now() > giveUpAt) throw new Error('Another test keeps the PC/SC daemon to itself.');
    await pause(50);
  }
  return lock;
}

/** A test that was killed leaves its daemon behind, known by its folder of readers. */
async function endLeftOver(): Promise<void> {
  for (const id of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    if (!isOurs(commandLineOf(id))) continue;
    process.kill(Number(id));
    while (isOurs(commandLineOf(id))) await pause(20);
  }
}

const isOurs = (words: string): boolean => words.includes(`${daemon}\0`) && words.includes('kakuin-pcscd-');

function commandLineOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

async function ready(child: ChildProcess, said: () => string): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  const over = new AbortController();
  for (const end of ['error', 'exit']) child.on(end, () => over.abort());
  while (!(await isListening())) {
    if (over.signal.aborted || performance.now() > giveUpAt) {
      throw new Error(
        `pcscd does not start: it needs root (or sudo without a password), and no other pcscd beside it.\n${said()}`,
      );
    }
    await pause(20);
  }
}

/** The socket is made last, when all readers are there; so is each device's port before it. */
async function isListening(): Promise<boolean> {
  if (!existsSync(comm)) return false;
  return new Promise(resolve => {
    const socket = connect(comm);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGTERM');
  const hard = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await ended;
  clearTimeout(hard);
}
