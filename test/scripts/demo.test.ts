import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildChanged, runScript, temporaryFolder } from './compiled.ts';

const out = temporaryFolder();
beforeAll(buildChanged);
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
