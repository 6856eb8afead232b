/** deploy/kakuin as root types it: which commands have the owner's database and root's rights, and which the operator's. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deploy } from './an-empty-root.ts';

const root = mkdtempSync(join(tmpdir(), 'kakuin-console-'));
const at = (...names: string[]): string => join(root, ...names);

function program(file: string, text: string): void {
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

/** The script itself, its three absolute paths below a folder of this test; what it would run says how it was called. */
beforeAll(() => {
  for (const folder of ['etc/kakuin', 'opt/kakuin', 'bin']) mkdirSync(at(folder), { recursive: true });
  for (const name of ['kakuin', 'owner', 'operator'])
    writeFileSync(at('etc/kakuin', `${name}.env`), readFileSync(join(deploy, 'env', `${name}.env`)));
  program(at('bin/node'), 'echo "as root: $2, ${KAKUIN_DATABASE%%@*}, ${KAKUIN_PASSPHRASE_FILE-no passphrase}"');
  program(at('bin/setpriv'), 'echo "as $2: ${KAKUIN_DATABASE%%@*}, ${KAKUIN_PASSPHRASE_FILE-no passphrase}"');
  const text = readFileSync(join(deploy, 'kakuin'), 'utf8');
  writeFileSync(
    at('kakuin'),
    text.replaceAll(/\/(etc|opt)\/kakuin\b/g, `${root}/$1/kakuin`).replaceAll('/usr/bin/node', at('bin/node')),
  );
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const typed = (...words: string[]): string =>
  execFileSync('sh', [at('kakuin'), ...words], {
    env: { PATH: `${at('bin')}:/usr/bin:/bin` },
    encoding: 'utf8',
  }).trim();

it.each(['ceremony', 'database', 'backup', 'backup-key', 'restore', 'recover'])('%s is the owner’s', command => {
  const passphrase = '/etc/kakuin/credentials/ca-core.passphrase';
  expect(typed(command, '--json')).toBe(`as root: ${command}, postgres://kakuin, ${passphrase}`);
});

it.each(['reconcile', 'status', 'officers'])('%s is the operator’s, as the CA core’s user', command => {
  expect(typed(command, 'recover')).toBe('as kakuin-ca-core: postgres://kakuin_operator, no passphrase');
});
