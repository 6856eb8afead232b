/** What the operator and the auditor type: export, verify from files alone, prove, show. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { openStore } from '../../ca-core/store/store.ts';
import { addAuditCommands } from '../../scripts/commands/audit.ts';
import { anAuditLog, type AnAuditLog } from './an-audit-log.ts';

let log: AnAuditLog;
let keyFile: string;
let older: string;
const out = (): string => join(log.base, 'export');

beforeAll(async () => {
  log = await anAuditLog('ca/audit');
  // The commands speak to nobody without a CA.
  const issuing = { id: '00'.repeat(32), name: 'issuing', role: 'issuing', certificate: new Uint8Array(1) } as const;
  await openStore(log.database).issuers.add(issuing, log.clock.now());
  keyFile = join(log.base, 'trusted.vkey');
  older = join(log.base, 'older');
  writeFileSync(keyFile, `${log.keyLine}\n`);
  await log.grow(log.open(), 10);
  writeFileSync(older, readFileSync(join(log.folder, 'checkpoint')));
  await log.grow(log.open(), 11);
});
afterAll(() => log.end());
afterEach(() => {
  process.exitCode = undefined;
  vi.unstubAllEnvs();
});

interface Said {
  readonly text: string;
  readonly failed: boolean;
}

/** Runs one command in a given home. */
async function kakuin(home: string, ...words: readonly string[]): Promise<Said> {
  vi.stubEnv('KAKUIN_HOME', home);
  vi.stubEnv('KAKUIN_DATABASE', join(log.base, 'kakuin.db'));
  const lines: string[] = [];
  const said = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  const program = new Command('kakuin').exitOverride();
  addAuditCommands(program);
  try {
    await program.parseAsync(['audit', ...words], { from: 'user' });
  } finally {
    said.mockRestore();
  }
  const failed = process.exitCode === 1;
  process.exitCode = undefined;
  return { text: lines.join('\n'), failed };
}

const own = (...words: readonly string[]): Promise<Said> => kakuin(log.base, ...words);
/** An auditor's machine: no home, no database. */
const elsewhere = (...words: readonly string[]): Promise<Said> => {
  vi.stubEnv('KAKUIN_DATABASE', '/nowhere/at/all.db');
  mkdirSync(join(log.base, 'auditor'), { recursive: true });
  return kakuin(join(log.base, 'auditor'), ...words);
};

describe('kakuin audit', () => {
  it('export, then verify --dir --key: nothing else is needed', async () => {
    expect(await own('export', '--out', out())).toMatchObject({
      failed: false,
      text: expect.stringContaining('21 events') as string,
    });
    const { text, failed } = await elsewhere('verify', '--dir', out(), '--key', keyFile, '--checkpoint', older);
    expect(text).toContain('The audit log holds.');
    expect(text).toContain('the newest of 21 events by ca.example/audit');
    expect(failed).toBe(false);
    await expect(own('export', '--out', out())).rejects.toThrow('is not empty');
    await expect(elsewhere('verify', '--dir', out())).rejects.toThrow('--key');
  });

  it('verify says what is wrong, with exit code 1, also as JSON', async () => {
    const dir = join(log.base, 'cut');
    await own('export', '--out', dir);
    const leaves = join(dir, 'leaves.jsonl');
    writeFileSync(leaves, `${readFileSync(leaves, 'utf8').trimEnd().split('\n').slice(0, -1).join('\n')}\n`);
    const { text, failed } = await elsewhere('verify', '--dir', dir, '--key', keyFile, '--json');
    expect(JSON.parse(text)).toMatchObject({ holds: false, size: 20, faults: [{ kind: 'tailCut' }] });
    expect(failed).toBe(true);
  });

  it('verify judges the home and its second place', async () => {
    expect(await own('verify')).toMatchObject({ failed: false });
    const { text } = await own('verify', '--json');
    expect(JSON.parse(text)).toMatchObject({ holds: true, size: 21, uncovered: 0, newest: { size: 21 } });
    expect(await elsewhereEmpty()).toMatchObject({ failed: true, text: expect.stringContaining('are gone') as string });
  });

  /** The database of this log, and a home that has lost its checkpoints. */
  const elsewhereEmpty = (): Promise<Said> => kakuin(join(log.base, 'lost'), 'verify');

  it('prove --subject writes a file for each event, which verify --proof checks', async () => {
    const dir = join(log.base, 'proofs');
    const { text, failed } = await own('prove', '--subject', 'K26-2', '--out', dir);
    expect(text.split('\n')).toHaveLength(4);
    expect(failed).toBe(false);
    const proof = join(dir, '2.tlog-proof');
    const checked = await elsewhere('verify', '--proof', proof, '--key', keyFile);
    expect(checked.text).toContain('It is event 2 of the 21 that ca.example/audit signed.');
    writeFileSync(proof, readFileSync(proof, 'utf8').replace('index 2', 'index 3'));
    await expect(elsewhere('verify', '--proof', proof, '--key', keyFile)).rejects.toThrow('auditBroken');
    expect(await own('prove', '--subject', 'K99')).toMatchObject({ failed: true });
  });

  it('prove --since shows that the log only grew', async () => {
    const { text } = await own('prove', '--since', older, '--json');
    const {
      older: from,
      newer,
      proof,
    } = JSON.parse(text) as { older: { size: number }; newer: { size: number }; proof: string[] };
    expect([from.size, newer.size]).toEqual([10, 21]);
    expect(proof.length).toBeGreaterThan(2);
  });

  it('show lists events of the home or of an export', async () => {
    const { text } = await own('show', '--subject', 'K26-3', '--last', '2');
    expect(text.split('\n')).toHaveLength(2);
    expect(text).toContain('case.touched  tester  K26-3  digest=');
    expect((await elsewhere('show', '--dir', out(), '--subject', 'K26-3', '--last', '2')).text).toBe(text);
  });
});
