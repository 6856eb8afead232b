/** `kakuin retention`: what is past its time, told and then deleted on record, from the console. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../ca-core/index.ts';
import { buildChanged, runScript, temporaryFolder, type Outcome } from './compiled.ts';

const home = temporaryFolder();
const retention = (...words: string[]): Outcome =>
  runScript('kakuin.js', ['retention', ...words], { KAKUIN_HOME: home });

beforeAll(async () => {
  buildChanged();
  expect(runScript('kakuin.js', ['ceremony'], { KAKUIN_HOME: home })).toMatchObject({ status: 0 });
  const database = openDatabase(join(home, 'kakuin.db'));
  const letter = { mailbox: 'a@kakuu.example', subject: '件名', body: '', attempts: 1, created_at: 1, sent_at: 1 };
  await database('letters').insert({ ...letter, id: 'letter-of-1970', next_attempt_at: 1 });
  await database.destroy();
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('kakuin retention', () => {
  it('shows what is due, class by class, and deletes nothing in a dry run', () => {
    for (let times = 0; times < 2; times++) {
      const { status, stdout } = retention('--dry-run');
      expect(status).toBe(0);
      expect(stdout).toMatch(/sentLetters +90 days after sending +1\n/);
      expect(stdout).toContain('Nothing was deleted: this was a dry run.');
    }
  });

  it('deletes it once, and has it on record', async () => {
    const { status, stdout } = retention('--json');
    expect([status, JSON.parse(stdout)]).toMatchObject([0, { dryRun: false, deleted: { sentLetters: 1 } }]);
    expect(retention().stdout).toContain('Nothing was past its time.');
    const database = openDatabase(join(home, 'kakuin.db'));
    const records = await database('deletions').select('class', 'count');
    await database.destroy();
    expect(records).toEqual([{ class: 'sentLetters', count: 1 }]);
  });

  it('refuses what it does not know', () => {
    expect(retention('--all')).toMatchObject({ status: 2, stdout: '' });
  });
});
