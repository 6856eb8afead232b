import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import { readCertificationRequest } from '../../ca-core/x509/certification-request.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { aCa, settle, type ACa } from '../support/a-ca.ts';
import { openssl } from '../support/openssl.ts';
import { buildChanged, runScript, type Outcome } from './compiled.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-operator-'));
const inFolder = (name: string): string => join(folder, name);
const ssl = (words: string): void => void execFileSync('openssl', words.split(' '), { cwd: folder, stdio: 'pipe' });

let ca: ACa;
let serial = '';

const kakuin = (...words: string[]): Outcome => runScript('kakuin.js', words, { KAKUIN_HOME: ca.settings.home });
function json(...words: string[]): unknown {
  const outcome = kakuin(...words, '--json');
  expect(outcome).toMatchObject({ status: 0, stderr: '' });
  return JSON.parse(outcome.stdout);
}

beforeAll(async () => {
  buildChanged();
  ca = await aCa({ database: 'sqlite' });
  ssl('req -new -newkey rsa:2048 -nodes -keyout key.pem -subj /CN=x -outform DER -out csr');
  const { der, subjectPublicKeyInfo } = readCertificationRequest(new Uint8Array(readFileSync(inFolder('csr'))));
  const subjectKey = {
    from: 'csr',
    subjectPublicKeyInfo: toHex(subjectPublicKeyInfo),
    certificationRequest: toHex(der),
  } as const;
  await ca.approve(ca.aCase({ caseId: 'K26-AAAA-0001', subjectKey }));
  const core = await ca.open();
  await settle(core);
  await core.close();
  serial = (await ca.store.certificates.ofCase('K26-AAAA-0001'))?.serialNumber ?? '';
  for (const issuer of await ca.store.issuers.list()) {
    const crl = await ca.store.crls.newest(issuer.id);
    writeFileSync(inFolder(`${issuer.name}.crl`), crl?.crl ?? '');
    writeFileSync(inFolder(`${issuer.name}.cer`), issuer.certificate);
  }
  writeFileSync(inFolder('password'), 'a password of a stranger\n');
  writeFileSync(inFolder('letter'), 'Dear Sir,\r\n\r\n月曜日に\r\n');
});
afterAll(async () => {
  await ca.end();
  rmSync(folder, { recursive: true, force: true });
});

describe('kakuin certificates', () => {
  it('finds by mailbox, case and serial number, and by state', () => {
    for (const text of ['@', 'AAAA-0001', serial.slice(0, 9), 'OU2-https'])
      expect(json('certificates', 'find', text)).toMatchObject([{ serialNumber: serial, state: 'good' }]);
    expect(kakuin('certificates', 'find', '--state', 'revoked')).toMatchObject({
      status: 1,
      stdout: 'No certificate fits.\n',
    });
  });

  it('shows one as OpenSSL does', () => {
    const shown = json('certificates', 'show', 'K26-AAAA-0001') as Record<string, string>;
    expect(kakuin('certificates', 'export', serial, '--form', 'der', '--out', inFolder('own.cer'))).toMatchObject({
      status: 0,
    });
    const files = { c: readFileSync(inFolder('own.cer')) };
    const fingerprint = openssl(['x509', '-inform', 'der', '-in', 'c', '-noout', '-fingerprint', '-sha256'], files);
    expect(fingerprint.trim().split('=')[1]?.replaceAll(':', '').toLowerCase()).toBe(
      shown['SHA-256 of the certificate'],
    );
    expect(shown).toMatchObject({ state: 'good', profile: 'jcan-classic', caseId: 'K26-AAAA-0001' });
  });

  it('exports the chain, which OpenSSL verifies', () => {
    const chain = kakuin('certificates', 'export', serial, '--form', 'chain').stdout;
    expect(chain.match(/BEGIN CERTIFICATE/g)).toHaveLength(3);
    const root = openssl(['x509', '-inform', 'der', '-in', 'r'], { r: readFileSync(inFolder('root.cer')) });
    expect(openssl(['verify', '-CAfile', 'r', '-untrusted', 'c', 'c'], { r: root, c: chain })).toContain('OK');
  });
});

describe('kakuin orders, status, crl, profiles', () => {
  it('lists orders by state', () => {
    expect(json('orders', '--state', 'issued')).toMatchObject({
      orders: [{ caseId: 'K26-AAAA-0001' }],
      counts: { issued: 1 },
    });
    expect(json('orders', '--state', 'refused')).toMatchObject({ orders: [] });
    expect(json('orders')).toMatchObject({ documents: [], ordersWaiting: 0 });
  });

  it('says how each CRL stands', () => {
    expect(json('crl', 'status')).toMatchObject([
      { name: 'root', state: 'good', crl: { crlNumber: 1 } },
      { name: 'issuing', state: 'good' },
    ]);
  });

  it('orders a CRL, and says when nobody makes it', async () => {
    const { status, stdout } = kakuin('crl', 'publish', '--wait', '0');
    expect(stdout).toContain('the CA core has not made it');
    expect(status).toBe(1);
    expect(await ca.store.crls.waiting(ca.ca)).toBeGreaterThan(0);
  });

  it("takes no CRL as the root's that the root did not sign, nor an older one", () => {
    expect(kakuin('crl', 'publish', inFolder('issuing.crl'))).toMatchObject({ status: 1, stdout: '' });
    expect(kakuin('crl', 'publish', inFolder('root.crl')).stderr).toMatch(/number 1 is out already/);
  });

  it("takes the root's next CRL", () => {
    const out = inFolder('next');
    const plan = inFolder('plan.yaml');
    cpSync(join(projectRoot, 'policies', 'ceremony.yaml'), plan);
    writeFileSync(join(ca.settings.home, 'root', 'passphrase'), 'the root passphrase\n', { mode: 0o600 });
    expect(kakuin('ceremony', 'root-crl', '--plan', plan, '--yes', '--out', out)).toMatchObject({ status: 0 });
    expect(json('crl', 'publish', join(out, 'root.crl'))).toMatchObject({ name: 'root', crlNumber: 2 });
    const forResponder = join(ca.settings.home, 'responder', 'roots', 'root.ocsp');
    expect(readFileSync(forResponder)).toEqual(readFileSync(join(out, 'root.ocsp')));
  });

  it('checks the policies, and names every mistake of a spoiled copy', () => {
    expect(json('profiles', 'check')).toMatchObject({ mistakes: [] });
    const copy = inFolder('policies');
    cpSync(join(projectRoot, 'policies'), copy, { recursive: true });
    const spoil = (file: string, from: string, to: string): void =>
      writeFileSync(join(copy, file), readFileSync(join(copy, file), 'utf8').replace(from, to));
    spoil('profiles/jcan-classic.yaml', 'emailProtection', 'serverAuth');
    spoil('schedule.yaml', '72 hours', '72 fortnights');
    const { status, stdout } = kakuin('profiles', 'check', '--folder', copy);
    expect(stdout).toMatch(/jcan-classic\.yaml: .*serverAuth/);
    expect(stdout).toMatch(/schedule\.yaml: crl\.nextUpdateAfter/);
    expect(status).toBe(1);
  });
});

describe('kakuin verify', () => {
  const judgeBy = (...words: string[]): Outcome =>
    kakuin('verify', ...words, '--crl', `${inFolder('issuing.crl')},${inFolder('root.crl')}`, '--offline', '--json');
  const verdict = (...words: string[]): unknown => JSON.parse(judgeBy(...words).stdout);

  beforeAll(() => {
    ssl('x509 -inform der -in own.cer -out own.pem');
    ssl('x509 -inform der -in issuing.cer -out issuing.pem');
    ssl('smime -sign -in letter -signer own.pem -inkey key.pem -certfile issuing.pem -out mail.eml');
    ssl('cms -sign -binary -nodetach -in letter -signer own.pem -inkey key.pem -outform DER -out message.p7m');
    ssl('cms -sign -binary -in letter -signer own.pem -inkey key.pem -outform PEM -out detached.p7s');
    ssl('pkcs12 -export -in own.pem -inkey key.pem -certfile issuing.pem -passout file:password -out own.p12');
    ssl('req -x509 -newkey rsa:2048 -nodes -keyout other.key -subj /CN=Other -days 2 -out other.pem');
  });

  it('judges a certificate: chain, status, policy and the page of the register', () => {
    expect(verdict(inFolder('own.cer'), '--policy', '1.2.392.200063.30.5300')).toMatchObject({
      holds: true,
      kind: 'certificate',
      certificates: [
        {
          register: {
            kind: 'page',
            url: expect.stringMatching(/^https:\/\/robins\.jipdec\.or\.jp\/Key\.do\?\d{16}&J=1$/) as string,
          },
          profiles: expect.arrayContaining(['jcan-classic']) as string[],
          standings: [{ status: 'good' }, { status: 'good' }],
        },
      ],
    });
  });

  it.each([
    ['an S/MIME mail', ['mail.eml'], 'message'],
    ['a CMS message', ['message.p7m'], 'message'],
    ['a detached signature', ['detached.p7s', '--content', 'letter'], 'message'],
    ['a PKCS#12', ['own.p12', '--password-file', 'password'], 'pkcs12'],
  ])('judges %s', (_, words, kind) => {
    expect(verdict(...words.map(word => (word.startsWith('--') ? word : inFolder(word))))).toMatchObject({
      holds: true,
      kind,
      faults: [],
      certificates: [{ holds: true }],
    });
  });

  it('needs no CA where a root is given', () => {
    const words = [
      'verify',
      inFolder('own.pem'),
      '--root',
      inFolder('root.cer'),
      '--issuer',
      inFolder('issuing.cer'),
      '--offline',
    ];
    const crls = ['--crl', `${inFolder('issuing.crl')},${inFolder('root.crl')}`];
    const outcome = runScript('kakuin.js', [...words, ...crls], { KAKUIN_HOME: inFolder('empty') });
    expect(outcome.stdout).toContain('It holds.');
    expect(outcome.status).toBe(0);
    expect(existsSync(inFolder('empty'))).toBe(false);
  });

  it('refuses a changed mail, a foreign certificate, a policy that is missing and a status that nobody tells', () => {
    const mail = readFileSync(inFolder('mail.eml'), 'utf8');
    writeFileSync(inFolder('changed.eml'), mail.replace('Dear Sir', 'Dear Sirs'));
    expect(judgeBy(inFolder('changed.eml'))).toMatchObject({ status: 1 });
    expect(verdict(inFolder('other.pem'))).toMatchObject({ holds: false });
    expect(verdict(inFolder('own.cer'), '--policy', '2.999.1')).toMatchObject({ holds: false });
    const silent = kakuin('verify', inFolder('own.cer'), '--offline');
    expect(silent.stdout).toMatch(/status of .*: unknown/);
    expect(silent.status).toBe(1);
  });

  it('sees a revocation', async () => {
    const core = await ca.open();
    const written = json('revoke', serial, '--reason', 'keyCompromise') as { digest: string; link: string };
    expect(written.link).toBe(`http://approve.localhost:8083/documents/${written.digest}`);
    const document = (await ca.store.documents.find(written.digest))?.document;
    if (document === undefined) throw new Error('no document');
    expect(json('certificates', 'show', serial)).toMatchObject({ state: 'good' });
    const at = ca.clock.now();
    await ca.store.approvals.record({ digest: written.digest, at, ...ca.officers[0].approve(document) });
    await new Promise(resolve => setTimeout(resolve, 6000));
    await settle(core);
    await core.close();
    writeFileSync(inFolder('issuing.crl'), (await ca.store.crls.newest(ca.ca))?.crl ?? '');
    expect(json('certificates', 'show', serial)).toMatchObject({ state: 'revoked' });
    expect(verdict(inFolder('own.cer'))).toMatchObject({
      holds: false,
      certificates: [{ standings: [{ status: 'revoked' }, {}] }],
    });
    expect(kakuin('revoke', serial, '--reason', 'superseded').stderr).toMatch(/revoked already/);
  });
});

describe('kakuin keys', () => {
  it('writes down which keys are to be blocked, and lists those that are', () => {
    const made = json('keys', 'block', inFolder('csr'), '--because', 'found on a disk') as { digest: string };
    expect(made).toMatchObject({ keys: [expect.stringMatching(/^[0-9a-f]{64}$/)], certificates: 0 });
    ssl('req -new -key key.pem -subj /CN=x -out none.csr');
    expect(kakuin('keys', 'block', '--proof', inFolder('none.csr'), '--because', 'x').stderr).toMatch(/proves nothing/);
    expect(kakuin('keys', 'list').stdout).toBe('No key is blocked.\n');
  });
});

describe('a mistake at the terminal', () => {
  it.each([
    [['certificates', 'find', '--state', 'lost'], 2, /--state is one of/],
    [['certificates', 'show'], 2, /missing required argument/],
    [['certificates', 'show', 'ffff'], 1, /no such certificate/],
    [['certificates', 'export', 'ffff', '--form', 'gif'], 2, /--form is one of/],
    [['orders', '--state', 'odd'], 2, /--state is one of/],
    [['revoke', 'ffff'], 2, /either --reason or --release/],
    [['revoke', 'ffff', '--reason', 'boredom'], 2, /--reason is one of/],
    [['revoke', 'ffff', '--reason', 'superseded'], 1, /no such certificate/],
    [['revoke', '--reason', 'superseded'], 2, /Name a certificate, or choose many/],
    [['revoke', 'ffff', '--reason', 'superseded', '--dry-run'], 2, /for many certificates/],
    [['revoke', '--profile', 'x', '--list', 'y', '--reason', 'superseded'], 2, /Choose by one of/],
    [['revoke', '--list', '/nowhere', '--reason', 'superseded'], 2, /no file/],
    [['revoke', '--organisation', '1234567890123', '--reason', 'superseded'], 2, /with its check digit/],
    [['revoke', '--profile', 'none', '--reason', 'superseded'], 2, /There is no profile none/],
    [['revoke', '--list', 'package.json', '--reason', 'superseded'], 1, /Line 1 is no serial number/],
    [['revoke', '--key', 'package.json', '--reason', 'superseded'], 1, /no public key in it/],
    [['keys', 'block', 'package.json'], 2, /Say why with --because/],
    [['keys', 'block', '--because', 'x'], 2, /Name a file with keys, or --proof/],
    [['keys', 'unblock', 'package.json', '--because', 'x'], 1, /no public key in it/],
    [['crl', 'publish', '/nowhere'], 2, /no file/],
    [['ca', 'publish', '/nowhere'], 2, /no file/],
    [['ca', 'activate', 'issuing-9'], 1, /no such issuing CA here: issuing-9\. There are issuing\./],
    [['audit', 'prove'], 2, /--subject or --since/],
    [['audit', 'show', '--last', 'x'], 2, /--last takes a whole number/],
    [['orders', '--state', 'all', '--last', '1.5'], 2, /--last takes a whole number/],
    [['profiles', 'check', '--folder', '/nowhere'], 2, /no folder/],
    [['verify', '/nowhere'], 2, /no file/],
    [['verify', 'docs'], 2, /docs is a folder; name a file in it/],
    [['crl', 'publish', 'docs'], 2, /docs is a folder/],
    [['ca', 'publish', 'docs'], 2, /docs is a folder/],
    [['register', 'import', '--nta', 'docs'], 2, /docs is a folder/],
    [['register', 'import', '--robins', '/nowhere'], 2, /no file/],
    [['profiles', 'check', '--folder', 'package.json'], 2, /package.json is no folder/],
    [['audit', 'export', '--out', 'package.json'], 2, /package.json is no folder/],
    [['certificates', 'export', 'ffff', '--out', '/nowhere/c.pem'], 2, /no folder \/nowhere/],
    [['ceremony', '--plan', '/nowhere.yaml'], 2, /^There is no file \/nowhere.yaml\.\n$/],
    [['ceremony', '--plan', 'docs', '--yes'], 2, /docs is a folder/],
    [['ceremony', 'root', '--plan', 'policies/ceremony.yaml', '--out', 'package.json', '--yes'], 2, /is no folder/],
    [['verify', 'package.json', '--offline'], 1, /cannot be read/],
  ] as const)('%j ends with %i', (words, code, sentence) => {
    const { status, stderr, stdout } = kakuin(...words);
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(stdout).toBe('');
    expect(status).toBe(code);
  });

  it.each(['certificates', 'certificates find', 'revoke', 'crl publish', 'profiles check', 'verify', 'ceremony sign'])(
    '%s --help explains',
    words => {
      expect(kakuin(...words.split(' '), '--help')).toMatchObject({ status: 0, stderr: '' });
    },
  );
});
