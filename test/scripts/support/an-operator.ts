/** An operator at the terminal of a CA that has issued one certificate, with its key, its CRLs and a letter in a folder. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { readCertificationRequest } from '../../../ca-core/x509/certification-request.ts';
import { toHex } from '../../../ca-core/x509/der.ts';
import { aCa, settle, type ACa } from '../../support/a-ca.ts';
import { buildChanged, runScript, type Outcome } from '../compiled.ts';

export interface AnOperator {
  /** The CA and all files are there from then on. */
  readonly begin: () => Promise<void>;
  readonly ca: ACa;
  /** Of the certificate of case K26-AAAA-0001. */
  readonly serial: string;
  /** Path of a file in the folder: `csr`, `key.pem`, `issuing.cer`, `issuing.crl`, `root.cer`, `root.crl`, `password`, `letter`. */
  readonly inFolder: (name: string) => string;
  /** OpenSSL with these words, in the folder. */
  readonly ssl: (words: string) => void;
  readonly kakuin: (...words: string[]) => Outcome;
  /** What the command says with --json; it must not fail. */
  readonly json: (...words: string[]) => unknown;
  readonly end: () => Promise<void>;
}

export function anOperator(): AnOperator {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-operator-'));
  const inFolder = (name: string): string => join(folder, name);
  const ssl = (words: string): void => void execFileSync('openssl', words.split(' '), { cwd: folder, stdio: 'pipe' });
  let ca: ACa;
  let serial = '';
  const kakuin = (...words: string[]): Outcome => runScript('kakuin.js', words, { KAKUIN_HOME: ca.settings.home });
  return {
    ...{ inFolder, ssl, kakuin },
    get ca() {
      return ca;
    },
    get serial() {
      return serial;
    },
    begin: async () => {
      buildChanged();
      ca = await aCa({ database: 'sqlite' });
      ssl('req -new -newkey rsa:2048 -nodes -keyout key.pem -subj /CN=x -outform DER -out csr');
      serial = await issueTo(ca, new Uint8Array(readFileSync(inFolder('csr'))));
      await putPublished(ca, inFolder);
      writeFileSync(inFolder('password'), 'a password of a stranger\n');
      writeFileSync(inFolder('letter'), 'Dear Sir,\r\n\r\n月曜日に\r\n');
    },
    json: (...words) => {
      const outcome = kakuin(...words, '--json');
      expect(outcome).toMatchObject({ status: 0, stderr: '' });
      return JSON.parse(outcome.stdout) as unknown;
    },
    end: async () => {
      await ca.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function issueTo(ca: ACa, csr: Uint8Array): Promise<string> {
  const { der, subjectPublicKeyInfo } = readCertificationRequest(csr);
  const subjectKey = {
    from: 'csr',
    subjectPublicKeyInfo: toHex(subjectPublicKeyInfo),
    certificationRequest: toHex(der),
  } as const;
  await ca.approve(ca.aCase({ caseId: 'K26-AAAA-0001', subjectKey }));
  const core = await ca.open();
  await settle(core);
  await core.close();
  return (await ca.store.certificates.ofCase('K26-AAAA-0001'))?.serialNumber ?? '';
}

async function putPublished({ store }: ACa, inFolder: AnOperator['inFolder']): Promise<void> {
  for (const issuer of await store.issuers.list()) {
    const crl = await store.crls.newest(issuer.id);
    writeFileSync(inFolder(`${issuer.name}.crl`), crl?.crl ?? '');
    writeFileSync(inFolder(`${issuer.name}.cer`), issuer.certificate);
  }
}
