import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import { readCertificationRequest } from '../../ca-core/x509/certification-request.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { freePorts } from '../../scripts/ports.ts';
import { aCa, aClock, type ACa } from '../support/a-ca.ts';
import { aStatusServices, type StatusServices } from '../support/status-services.ts';
import { buildChanged, type Outcome } from './compiled.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-verify-'));
const inFolder = (name: string): string => join(folder, name);
const ssl = (line: string): void => void execFileSync('openssl', line.split(' '), { cwd: folder, stdio: 'pipe' });

const clock = aClock();
clock.pass(-900);
let ca: ACa;
let services: StatusServices;
let [ocspPort, crlPort] = [0, 0];
let [ocspUrl, crlUrl] = ['', ''];

/** The servers that it asks are in this process, which must not wait for it. */
function verify(...words: string[]): Promise<Outcome> {
  const args = [join('dist', 'scripts', 'kakuin.js'), 'verify', ...words];
  const env = { ...process.env, KAKUIN_HOME: ca.settings.home };
  return new Promise(resolve => {
    const child = execFile(process.execPath, args, { cwd: projectRoot, env }, (_, stdout, stderr) =>
      resolve({ status: child.exitCode, stdout, stderr }),
    );
  });
}

async function certify(caseId: string, name: string): Promise<void> {
  ssl(`req -new -newkey rsa:2048 -nodes -keyout ${name}.key -subj /CN=x -outform DER -out ${name}.csr`);
  const { der, subjectPublicKeyInfo } = readCertificationRequest(new Uint8Array(readFileSync(inFolder(`${name}.csr`))));
  const key = { subjectPublicKeyInfo: toHex(subjectPublicKeyInfo), certificationRequest: toHex(der) };
  await ca.approve(ca.aCase({ caseId, subjectKey: { from: 'csr', ...key } }));
  await services.allTurn();
  writeFileSync(inFolder(`${name}.cer`), (await ca.store.certificates.ofCase(caseId))?.certificate ?? '');
  ssl(`x509 -inform der -in ${name}.cer -out ${name}.pem`);
}

beforeAll(async () => {
  buildChanged();
  [ocspPort = 0, crlPort = 0] = await freePorts(2);
  [ocspUrl, crlUrl] = [`http://localhost:${ocspPort}`, `http://localhost:${crlPort}`];
  ca = await aCa({ clock, database: 'sqlite', urls: { ocspUrl, crlUrl } });
  services = await aStatusServices(ca, { clock, ocspPort, crlPort });
  await certify('K26-GOOD', 'good');
  await certify('K26-GONE', 'gone');
  await services.revoke('K26-GONE');
  writeFileSync(inFolder('letter'), 'Dear Sir,\r\n\r\n月曜日に\r\n');
  writeFileSync(inFolder('password'), 'a password of a stranger\n');
  for (const name of ['good', 'gone']) {
    ssl(`smime -sign -in letter -signer ${name}.pem -inkey ${name}.key -out ${name}.eml`);
    ssl(`cms -sign -binary -nodetach -in letter -signer ${name}.pem -inkey ${name}.key -outform DER -out ${name}.p7m`);
    ssl(`pkcs12 -export -in ${name}.pem -inkey ${name}.key -passout file:password -out ${name}.p12`);
  }
});
afterAll(async () => {
  await services.close();
  await ca.end();
  rmSync(folder, { recursive: true, force: true });
});

const forms = [
  ['a certificate', 'cer', []],
  ['an S/MIME mail', 'eml', []],
  ['a CMS message', 'p7m', []],
  ['a PKCS#12', 'p12', ['--password-file', inFolder('password')]],
] as const;

describe('kakuin verify asks at the URLs in the certificate', () => {
  it.each(forms)('%s that is good: the responder says so, and of its CA the CRL of the root', async (_, end, words) => {
    const { status, stdout, stderr } = await verify(inFolder(`good.${end}`), ...words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`✓ [0-9a-f]+ is good \\(OCSP ${ocspUrl}/, until`));
    expect(stdout).toMatch(new RegExp(`✓ [0-9a-f]+ is good \\(CRL ${crlUrl}/crl/root.crl, number 1`));
    expect(stdout).toContain('It holds.');
  });

  it.each(forms)('%s that is revoked: since when, and why', async (_, end, words) => {
    const { status, stdout } = await verify(inFolder(`gone.${end}`), ...words);
    expect(stdout).toMatch(/✗ status of [0-9a-f]+: revoked \(OCSP http:.*: since 20.*Z, superseded\)/);
    expect(status).toBe(1);
  });

  it('as JSON, too', async () => {
    const { stdout } = await verify(inFolder('gone.cer'), '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      holds: false,
      certificates: [{ standings: [{ status: 'revoked', by: `OCSP ${ocspUrl}/` }, { status: 'good' }] }],
    });
  });

  it('asks nobody for a certificate that no trusted root stands above', async () => {
    ssl('req -x509 -newkey rsa:2048 -nodes -keyout o.key -subj /CN=Other -days 2 -out root.pem');
    const asked = await asking(async url => {
      writeFileSync(inFolder('x.cnf'), `[x]\nauthorityInfoAccess=OCSP;URI:${url}\ncrlDistributionPoints=URI:${url}\n`);
      ssl('req -new -newkey rsa:2048 -nodes -keyout l.key -subj /CN=leaf -out l.csr');
      ssl('x509 -req -in l.csr -CA root.pem -CAkey o.key -days 1 -extfile x.cnf -extensions x -out l.pem');
      writeFileSync(
        inFolder('both.pem'),
        readFileSync(inFolder('l.pem'), 'utf8') + readFileSync(inFolder('root.pem'), 'utf8'),
      );
      const { status, stdout } = await verify(inFolder('both.pem'));
      expect(stdout).toContain('its own URLs are not asked, since no trusted root CA stands above it');
      expect(status).toBe(1);
    });
    expect(asked).toBe(0);
  });
});

/** How many requests came while somebody had the URL. */
async function asking(work: (url: string) => Promise<void>): Promise<number> {
  let asked = 0;
  const server = createServer((_, response) => void (asked++, response.end()));
  const port = await listening(server, 0);
  await work(`http://localhost:${port}/`);
  server.close();
  return asked;
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise(resolve =>
    server.listen(port, () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    }),
  );
}

/** Instead of the service on that port, something else answers. */
async function instead(port: number, answer: { status?: number; body?: string }, work: () => Promise<void>) {
  const server = createServer((_, response) => void response.writeHead(answer.status ?? 200).end(answer.body ?? ''));
  await listening(server, port);
  await work().finally(() => {
    server.closeAllConnections();
    server.close();
  });
}

describe('when somebody does not answer', () => {
  it('the CRL tells what the responder does not, and the other way round', async () => {
    services.silence('ocsp');
    for (const [name, said] of [
      ['good', `is good (CRL ${crlUrl}/crl/issuing/0.crl, number`],
      ['gone', `revoked (CRL ${crlUrl}/crl/issuing/0.crl: since`],
    ] as const)
      expect((await verify(inFolder(`${name}.cer`))).stdout).toContain(said);
    await instead(ocspPort, { status: 503 }, async () => {
      expect((await verify(inFolder('good.cer'))).stdout).toContain('It holds.');
    });
  });

  it('at all: who was asked, and why each could not tell', async () => {
    services.silence('crl');
    const nobody = 'nobody answers there (connection refused)';
    const { status, stdout } = await verify(inFolder('good.cer'));
    expect(stdout).toContain(
      `unknown (nobody could tell: OCSP ${ocspUrl}/: ${nobody}; CRL ${crlUrl}/crl/issuing/0.crl: ${nobody})`,
    );
    expect(stdout).toContain('It does not hold.');
    expect(status).toBe(1);
  });

  it.each([
    ['a refusal', { status: 404 }, 'it answered with HTTP 404'],
    ['a page', { body: '<html>sign in to the hotel</html>' }, 'what it answered cannot be read'],
    ['far too much', { body: 'x'.repeat(100_001) }, 'its answer is longer than 100000 octets'],
  ])('as it should, but with %s', async (_, answer, sentence) => {
    await instead(ocspPort, answer, async () => {
      const { stdout, stderr } = await verify(inFolder('good.cer'));
      expect(stdout).toContain(`OCSP ${ocspUrl}/: ${sentence}`);
      expect(stderr).toBe('');
    });
  });

  it('nobody is asked with --offline', async () => {
    const { stdout } = await verify(inFolder('good.cer'), '--offline');
    expect(stdout).toContain('unknown (nobody could tell: nothing was asked over the network (--offline))');
  });
});
