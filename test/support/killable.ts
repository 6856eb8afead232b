/** A CA core in another process, to be killed with SIGKILL from here. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Failpoint } from '../../ca-core/failpoints.ts';
import type { CaSettings } from '../../ca-core/settings.ts';
import { compiled } from './compiled.ts';

const program = compiled('test/support/ca-core-to-kill.ts');

export interface Killable {
  /** Resolves when the process says this line. Throws when it ends before. */
  readonly says: (line: string) => Promise<void>;
  /** Lets it go on after `ready`. */
  readonly go: () => void;
  /** SIGKILL; resolves when the process is gone. */
  readonly kill: () => Promise<void>;
}

/** Starts the CA core of a home; with a failpoint it stops there and waits. */
export function startKillable(settings: CaSettings, point?: Failpoint): Killable {
  const child = spawn(process.execPath, [program, ...(point === undefined ? [] : [point])], {
    env: { ...process.env, ...environmentOf(settings) },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const gone = once(child, 'exit');
  const lines: string[] = [];
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const output = createInterface({ input: child.stdout });
  output.on('line', line => lines.push(line));
  return {
    says: async wanted => {
      while (!lines.includes(wanted)) {
        if (child.exitCode !== null || child.signalCode !== null)
          throw new Error(`The CA core ended by itself: ${complaint}`);
        await Promise.race([once(output, 'line'), gone]);
      }
    },
    go: () => child.stdin.write('go\n'),
    kill: () => killed(child, gone),
  };
}

async function killed(child: ChildProcess, gone: Promise<unknown>): Promise<void> {
  if (child.exitCode !== null) throw new Error('There was nothing left to kill.');
  child.kill('SIGKILL');
  await gone;
  if (child.signalCode !== 'SIGKILL') throw new Error('It ended before it was killed.');
}

export function environmentOf(settings: CaSettings): Record<string, string> {
  return {
    KAKUIN_HOME: settings.home,
    KAKUIN_DATABASE: settings.database,
    KAKUIN_POLICIES: settings.policies,
    KAKUIN_PASSPHRASE_FILE: settings.passphraseFile,
    KAKUIN_CA_KEYS: settings.caKeys ?? 'file',
    KAKUIN_OCSP_URL: settings.ocspUrl,
    KAKUIN_CRL_URL: settings.crlUrl,
    KAKUIN_APPROVAL_URL: settings.approvalUrl,
    ...(settings.workers === undefined ? {} : { KAKUIN_CA_WORKERS: String(settings.workers) }),
  };
}
