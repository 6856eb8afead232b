/** The dry run at the console: the same faults, exit codes, and a file with errors; no platform is needed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { addBulkCheckCommand } from '../../../scripts/commands/bulk-check.ts';
import { csvOf, headings, organisation, people } from './people.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-bulk-'));
beforeAll(() => {
  vi.stubEnv('KAKUIN_HOME', join(folder, 'home'));
});
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

async function kakuin(...words: readonly string[]): Promise<{ text: string; code: number }> {
  const said: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  const program = new Command('kakuin').exitOverride().configureOutput({ writeErr: () => undefined });
  addBulkCheckCommand(program);
  process.exitCode = 0;
  try {
    await program.parseAsync(['node', 'kakuin', 'bulk', 'check', ...words]);
    return { text: said.join('\n'), code: process.exitCode };
  } finally {
    log.mockRestore();
    process.exitCode = 0;
  }
}

it('tells every fault, ends with 1, and writes the table with its errors', async () => {
  const file = join(folder, 'staff.csv');
  const day = new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 10);
  const rows = people(3).map(row => row.with(9, day));
  writeFileSync(file, csvOf([headings, ...rows]));
  const wished = ['--profile', 'jcan-classic', '--organisation', organisation];
  expect(await kakuin(file, ...wished)).toMatchObject({
    code: 0,
    text: expect.stringContaining('3 people, 0 rows') as string,
  });
  writeFileSync(file, csvOf([headings, ...rows.map((row, index) => (index === 1 ? row.with(4, 'nobody') : row))]));
  const errors = join(folder, 'errors.csv');
  const { text, code } = await kakuin(file, ...wished, '--json', '--errors', errors);
  expect(code).toBe(1);
  expect(JSON.parse(text)).toMatchObject({
    people: 3,
    faults: [{ row: 3, column: 'E', rule: 'mailboxInvalid', hint: { ja: expect.any(String) as string } }],
  });
  expect(readFileSync(errors, 'utf8')).toContain('[E Mail]');
  await expect(kakuin(file, ...wished, '--errors', errors)).rejects.toMatchObject({ exitCode: 2 });
  await expect(kakuin(file, '--profile', 'nothing', '--organisation', organisation)).rejects.toMatchObject({
    exitCode: 2,
  });
});
