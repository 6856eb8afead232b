import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import { buildChanged, runScript, temporaryFolder } from './compiled.ts';

const out = temporaryFolder();
beforeAll(buildChanged, 300_000);
afterAll(() => rmSync(out, { recursive: true, force: true }));

describe('npm run demo', () => {
  it('plays the story in three minutes, and OpenSSL finds nothing wrong', { timeout: 180_000 }, () => {
    const { status, stdout, stderr } = runScript('demo.js', ['--out', out], { INIT_CWD: '/' });
    expect(stderr).toBe('');
    expect(stdout).toContain('Every check held.');
    expect(status).toBe(0);
    const files = ['root.cer', 'issuing.cer', 'subscriber.cer', 'subscriber.p12', 'password.txt', 'good.ocsp'];
    const later = ['revoked.ocsp', 'before.crl', 'after.crl', 'application.json', 'checks.txt'];
    expect(readdirSync(out)).toEqual(expect.arrayContaining([...files, ...later]));
    expect(readFileSync(join(out, 'checks.txt'), 'utf8')).not.toMatch(/✗/);
  });
});

describe('the relying party’s guide', () => {
  const guide = readFileSync(join(projectRoot, 'docs', 'guides', 'relying-party.en.md'), 'utf8');
  const lines = [...guide.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) => block.trim().split('\n'));
  const sh = (line: string): string => execFileSync('sh', ['-c', line], { cwd: out, encoding: 'utf8', stdio: 'pipe' });

  beforeAll(() => {
    for (const line of [
      'cp before.crl issuing.crl',
      'openssl x509 -inform DER -in subscriber.cer -out person.pem',
      'openssl pkcs12 -in subscriber.p12 -passin file:password.txt -nodes -out key.pem',
      'openssl rand -base64 30 > letter.txt',
      'openssl cms -sign -in letter.txt -signer person.pem -inkey key.pem -out mail.eml',
    ])
      sh(line);
  });

  it('gives OpenSSL’s commands as they work on what the demo left', () => {
    const ofOpenSsl = lines.filter(line => /^(openssl|cat) /.test(line));
    expect(ofOpenSsl.length).toBeGreaterThan(6);
    // The responder is not there any more; its answer is.
    const told = ofOpenSsl.map(line => sh(line.replace('-url OCSP_URL', '-respin good.ocsp'))).join('\n');
    expect(told).toMatch(/person\.pem: OK[\s\S]*person\.pem: good/);
    expect(told).toContain('CPS: https://');
  });

  it('gives a command of ours that needs no network, and takes a CRL for each CA', () => {
    const [line = ''] = lines.filter(one => one.startsWith('kakuin ') && one.includes('--offline'));
    const words = line
      .split(' ')
      .slice(1)
      .map(word => (/\.(pem|crl)$/.test(word) ? join(out, word) : word));
    const { status, stdout } = runScript('kakuin.js', words);
    expect([status, stdout.match(/✓ .* is good/g)?.length, stdout.trimEnd().split('\n').at(-1)]).toEqual([
      0,
      2,
      'It holds.',
    ]);
  });
});
