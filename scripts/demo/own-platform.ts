import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { projectRoot } from '../../ca-core/project-root.ts';
import { freePorts } from '../ports.ts';
import { readSettings, type Settings } from '../settings.ts';

/** A freshly started platform in a temporary home on free ports, reached only as an operator would. */
export interface OwnPlatform {
  readonly settings: Settings;
  /** The one-time links that the start printed. */
  readonly links: readonly string[];
  /** Runs `kakuin …` and returns what it prints. Throws with its error output when it refuses. */
  readonly console: (...words: string[]) => Promise<string>;
  /** Ends every service; what it leaves in its home stays to be looked at. May be asked twice. */
  readonly end: () => Promise<void>;
  /** Ends it and takes the home away. */
  readonly stop: () => Promise<void>;
}

const compiled = (name: string): string => join(projectRoot, 'dist', 'scripts', name);

/** Throws with the platform's own words when it does not get ready. */
export async function startOwnPlatform(say: (line: string) => void): Promise<OwnPlatform> {
  const home = mkdtempSync(join(tmpdir(), 'kakuin-'));
  const environment = { ...process.env, ...(await ownSettings(home)) };
  const tether = pathToFileURL(compiled('tether.js')).href;
  const child = spawn(process.execPath, ['--import', tether, compiled('start.js')], {
    cwd: projectRoot,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const ended = new Promise<void>(resolve => child.on('close', () => resolve()));
  const end = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  const stop = async (): Promise<void> => {
    await end();
    rmSync(home, { recursive: true, force: true });
  };
  const console = (...words: string[]) => runConsole(environment, words);
  try {
    const links = await linksWhenReady(child, say);
    return { settings: readSettings(environment), links, console, end, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Nothing of the caller's own platform may leak in: every KAKUIN_ setting is said or left to its default. */
async function ownSettings(home: string): Promise<Record<string, string | undefined>> {
  const inherited = Object.keys(process.env).filter(name => name.startsWith('KAKUIN_'));
  const names = ['PORTAL', 'OCSP', 'CRL', 'APPROVAL', 'MONITOR'].map(name => `KAKUIN_${name}_PORT`);
  const ports = await freePorts(names.length);
  return {
    ...Object.fromEntries(inherited.map(name => [name, undefined])),
    ...Object.fromEntries(names.map((name, index) => [name, String(ports[index])])),
    KAKUIN_HOME: home,
  };
}

function linksWhenReady(child: ReturnType<typeof spawn>, say: (line: string) => void): Promise<readonly string[]> {
  const links: string[] = [];
  const words: string[] = [];
  return new Promise((resolve, reject) => {
    if (child.stdout === null || child.stderr === null) throw new Error('the platform has no output');
    createInterface({ input: child.stderr }).on('line', line => words.push(line));
    createInterface({ input: child.stdout }).on('line', line => {
      say(`  ${line}`);
      links.push(...(/https?:\S+\/enrol\/\S+#\S+/.exec(line) ?? []));
      if (line === 'Kakuin is ready') resolve(links);
    });
    child.on('close', () => reject(new Error(`The platform did not start.\n${words.join('\n')}`)));
  });
}

async function runConsole(environment: NodeJS.ProcessEnv, words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [compiled('kakuin.js'), ...words], {
    cwd: projectRoot,
    env: environment,
  });
  return stdout;
}
