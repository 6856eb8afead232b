/** The certificate stores of the holder's machine: by which command a PKCS#12 gets in, and a certificate out again. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { PkiError } from '../ca-core/errors.ts';
import type { Pass } from './open-passes.ts';

export type StoreKind = 'nss' | 'windows' | 'macos';

export interface StorePlace {
  readonly kind: StoreKind;
  /** NSS: the folder of the database, that of one application if it has its own. Windows and macOS have one store. */
  readonly folder: string;
}

/** A program and its words; what it reads on standard input, which no list of processes shows. */
export interface StoreCommand {
  readonly program: string;
  readonly words: readonly string[];
  readonly input: string;
}

/** What the certificate is called in the store. */
export const nameOf = ({ serialNumber }: Pick<Pass, 'serialNumber'>): string => `JCAN Pass ${serialNumber}`;

/** SHA-1 over the certificate, by which Windows and macOS name it. */
const thumbprintOf = ({ certificate }: Pick<Pass, 'certificate'>): string =>
  createHash('sha1').update(certificate).digest('hex').toUpperCase();

/** The key must not leave the store again, where the store can see to that. Passwords go by standard input. */
export function installCommands({ kind, folder }: StorePlace, pass: Pass & { readonly file: string }): StoreCommand[] {
  const { file, password } = pass;
  switch (kind) {
    case 'nss':
      return [
        { program: 'sh', words: ['-c', importToNss, 'pk12util', '-i', file, '-d', `sql:${folder}`], input: password },
      ];
    case 'windows':
      return [powershell(windowsImport(file), password)];
    case 'macos':
      // `security -i` reads its commands from standard input; -x: the key may not be exported.
      return [
        { program: 'security', words: ['-i'], input: `import ${quoted(file)} -f pkcs12 -P ${quoted(password)} -x\n` },
      ];
  }
}

export function removeCommands({ kind, folder }: StorePlace, pass: Pass): StoreCommand[] {
  switch (kind) {
    case 'nss':
      return [{ program: 'certutil', words: ['-F', '-n', nameOf(pass), '-d', `sql:${folder}`], input: '' }];
    case 'windows':
      return [powershell(`Remove-Item -Path Cert:\\CurrentUser\\My\\${thumbprintOf(pass)} -DeleteKey`, '')];
    case 'macos':
      return [{ program: 'security', words: ['delete-identity', '-Z', thumbprintOf(pass)], input: '' }];
  }
}

/** pk12util reads a password from a file that it opens by name: standard input has to be a pipe for that. */
const importToNss = 'cat | pk12util "$@" -w /dev/stdin';

/** Not exportable unless -Exportable is said. */
const windowsImport = (file: string): string =>
  [
    '$password = ConvertTo-SecureString -AsPlainText -Force -String ([Console]::In.ReadLine())',
    `Import-PfxCertificate -FilePath '${file.replaceAll("'", "''")}' -CertStoreLocation Cert:\\CurrentUser\\My -Password $password`,
  ].join('; ');

const powershell = (script: string, input: string): StoreCommand => ({
  program: 'powershell',
  words: ['-NoProfile', '-NonInteractive', '-Command', script],
  input: input === '' ? '' : `${input}\n`,
});

/** For `security -i`, which splits at blanks. */
const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;

/** A new database of NSS without a password of its own, where there is none. */
export async function makeNssStore(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (existsSync(join(folder, 'cert9.db'))) return;
  await run({ program: 'certutil', words: ['-N', '--empty-password', '-d', `sql:${folder}`], input: '' });
}

/** Throws storeRefused {program, reason}: the first line that the program says, in which no password stands. */
export function run({ program, words, input }: StoreCommand): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, [...words], { timeout: 60_000 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new PkiError('storeRefused', { program, reason: (stderr || error.message).split('\n')[0] ?? '' }));
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
  });
}
