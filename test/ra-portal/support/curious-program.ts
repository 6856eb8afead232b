/** Stands in for the program that cleans, taken over by a file: tells what it got hold of. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync, writeSync } from 'node:fs';

const tries: Readonly<Record<string, () => unknown>> = {
  passwords: () => readFileSync('/etc/passwd'),
  home: () => readFileSync(new URL('../../../../var/portal/upload-key', import.meta.url)),
  writing: () => writeFileSync('/tmp/kakuin-was-here', ''),
  programs: () => spawnSync('/bin/true').error,
};

const got = Object.entries(tries).map(([name, attempt]) => `${name}: ${outcomeOf(attempt)}`);
const environment = Object.keys(process.env).filter(name => !['PWD', 'SHLVL', '_', 'OLDPWD'].includes(name));
const reason = [...got, `environment: ${environment.join(' ')}`].join(', ');
writeSync(3, `${JSON.stringify({ refused: 'fileUnsafe', values: { reason } })}\n`);

function outcomeOf(attempt: () => unknown): string {
  try {
    attempt();
    return 'got';
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}
