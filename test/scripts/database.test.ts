import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { openDatabase } from '../../ca-core/store/database.ts';
import { compiled } from '../support/compiled.ts';
import { aPostgres } from '../support/postgres.ts';

const program = compiled('scripts/kakuin.ts');
const folder = mkdtempSync(join(tmpdir(), 'kakuin-grant-'));
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

interface Access {
  readonly service: string;
  readonly url: string;
  readonly passwordFile: string;
}

function kakuin(location: string, ...words: string[]): unknown {
  const env = { ...process.env, KAKUIN_DATABASE: location, KAKUIN_HOME: folder };
  const output = execFileSync(process.execPath, [program, ...words, '--json'], { env });
  return JSON.parse(output.toString('utf8')) as unknown;
}

it('kakuin database grant gives each service a URL and a password file that only its owner reads', async () => {
  const location = await (await aPostgres()).database();
  const { taken } = kakuin(location, 'database', 'migrate') as { taken: readonly string[] };
  expect(taken[0]).toBe('0001-the-ca');
  expect(kakuin(location, 'database', 'migrate')).toEqual({ taken: [] });
  const passwords = join(folder, 'passwords');
  const first = kakuin(location, 'database', 'grant', '--passwords', passwords, '--prefix', 'a_test_') as Access[];
  const again = kakuin(location, 'database', 'grant', '--passwords', passwords, '--prefix', 'a_test_') as Access[];
  expect(again).toEqual(first);
  for (const { service, url, passwordFile } of first) {
    expect(statSync(passwordFile).mode & 0o777).toBe(0o600);
    const database = openDatabase(url);
    const { rows } = await database.raw<{ rows: { me: string }[] }>('SELECT current_user AS me');
    expect(rows[0]?.me).toBe(`a_test_${service.replaceAll('-', '_')}`);
    await database.destroy();
  }
  expect(() => openDatabase(`${location}?passwordfile=/nowhere`)).toThrow('settingsInvalid');
  expect(() => kakuin(join(folder, 'a.db'), 'database', 'grant', '--passwords', passwords)).toThrow();
});
