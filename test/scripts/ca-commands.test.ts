import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { projectRoot } from '../../ca-core/project-root.ts';
import { buildChanged, runScript, temporaryFolder, type Outcome } from './compiled.ts';

const home = temporaryFolder();
const kakuin = (...words: string[]): Outcome => runScript('kakuin.js', words, { KAKUIN_HOME: home });

beforeAll(() => {
  buildChanged();
  expect(kakuin('ceremony')).toMatchObject({ status: 0 });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('kakuin ca', () => {
  it('says that the CA core has not run, and which CA is the active one', () => {
    const { status, stdout } = kakuin('ca', 'status', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      issuers: [
        { name: 'root', use: 'root', algorithm: 'p-384', faults: [] },
        { name: 'issuing', use: 'active', algorithm: 'p-256', faults: [] },
      ],
      workers: [],
    });
    expect(status).toBe(0);
  });

  it('rolls over: a second ceremony in the same home, then the new CA is made the active one', () => {
    const plan = join(home, 'second.yaml');
    const text = readFileSync(join(projectRoot, 'policies', 'ceremony.yaml'), 'utf8');
    writeFileSync(plan, text.replace('name: issuing', 'name: issuing-2').replace('Issuing CA 1', 'Issuing CA 2'));
    expect(kakuin('ceremony', '--plan', plan, '--yes')).toMatchObject({ status: 0 });
    expect(kakuin('ca', 'status').stdout).toMatch(/issuing-2 +beside/);
    expect(readFileSync(join(home, 'responder', 'issuers', 'issuing-2', 'issuer.cer')).length).toBeGreaterThan(100);
    expect(kakuin('ca', 'activate', 'issuing-2')).toMatchObject({ status: 0 });
    expect(kakuin('ca', 'status').stdout).toMatch(/issuing-2 +active/);
    expect(kakuin('ca', 'status').stdout).toMatch(/issuing +beside/);
  });

  it.each([
    [['ca', 'activate', 'issuing-9'], 1, /no such/],
    [['ca', 'activate'], 2, /missing required argument/],
    [['ca', 'bless'], 2, /unknown command/],
  ] as const)('%j ends with %i', (words, code, sentence) => {
    const { status, stderr } = kakuin(...words);
    expect(stderr).toMatch(sentence);
    expect(status).toBe(code);
  });
});
