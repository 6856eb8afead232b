import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { SqliteFile } from '../../ca-core/store/sqlite-driver.ts';
import { environmentOf, settingOf, type Settings } from '../settings.ts';
import type { Figure, Round } from './figure.ts';
import { openGround, type Ground } from './ground.ts';
import { million, revokeAll } from './revoked-million.ts';

const changed = 1_000;

/** What the CA core may take of memory for a million entries, in MB. */
const memoryBound = 250;

/** A full CRL of a million entries: database compared with the journal, written, linted, signed, verified, synced. */
export const fullCrlFigure: Figure = {
  name: 'crl.full.1m',
  meaning: 'a CRL of 1,000,000 entries, from the store to the signed and synced file; and its memory',
  measure: async ({ rounds }) => {
    const memory: Round[] = [];
    const seconds = await onAMillion(rounds, async ground => {
      const made = await makeCrl(ground.settings, 'full', () => Promise.resolve());
      if (made.entries < million) throw new Error(`The CRL has ${made.entries} entries.`);
      memory.push({ value: made.memory / 1e6, yardstick: made.octets / 1e6 });
      return { value: made.seconds, yardstick: readAndHash(ground.settings, 0, made.octets) };
    });
    const name = 'crl.full.1m';
    return [
      {
        name,
        unit: 's',
        against: 'raw iterator of the driver over the same rows, hashing as many octets',
        rounds: seconds,
        bound: { of: 'ratio', at: 'most', limit: 3 },
      },
      {
        name: `${name}.memory`,
        unit: 'MB',
        against: 'the CRL itself',
        rounds: memory,
        bound: { of: 'value', at: 'most', limit: memoryBound },
      },
    ];
  },
};

/** A delta of a thousand revocations on top of that. */
export const deltaCrlFigure: Figure = {
  name: 'crl.delta.1k',
  meaning: 'a delta CRL of 1,000 new revocations on top of that million',
  measure: async ({ rounds }) => {
    let first = million;
    const measured = await onAMillion(rounds, async ground => {
      if (first === million) await makeCrl(ground.settings, 'full', () => Promise.resolve());
      const at = first;
      first += changed;
      const made = await makeCrl(ground.settings, 'delta', () => revoke(ground, at, changed));
      if (made.entries < changed) throw new Error(`The delta has ${made.entries} entries.`);
      return { value: made.seconds, yardstick: readAndHash(ground.settings, at, made.octets) };
    });
    return [
      {
        name: 'crl.delta.1k',
        unit: 's',
        against: 'raw count of all rows, iterator over the new ones, hashing as many octets',
        rounds: measured,
        bound: { of: 'value', at: 'most', limit: 0.3 },
      },
    ];
  },
};

async function onAMillion(rounds: number, round: (ground: Ground) => Promise<Round>): Promise<readonly Round[]> {
  const ground = await openGround();
  try {
    await revoke(ground, 0, million);
    const measured: Round[] = [];
    while (measured.length < rounds) measured.push(await round(ground));
    return measured;
  } finally {
    await ground.close();
  }
}

function revoke({ settings, database, ca }: Ground, first: number, count: number): Promise<void> {
  return revokeAll({ home: settings.home, database, ca }, { first, count, at: Math.floor(Date.now() / 1_000) - 60 });
}

interface Made {
  readonly seconds: number;
  readonly entries: number;
  readonly octets: number;
  /** The most that the process ever took, in octets. */
  readonly memory: number;
}

/** `meanwhile` is done when the CA core says that it is ready. */
async function makeCrl(settings: Settings, kind: 'full' | 'delta', meanwhile: () => Promise<void>): Promise<Made> {
  const program = fileURLToPath(new URL('crl-run.js', import.meta.url));
  const env = { ...process.env, ...environmentOf(settings, 'ca-core') };
  const child = spawn(process.execPath, [program, kind], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (line !== 'ready') continue;
    await meanwhile();
    child.stdin.end('go\n');
  }
  return JSON.parse(last) as Made;
}

/** Seconds for what no CA core can do without: the rows from `first` on once read, the octets once hashed. */
function readAndHash(settings: Settings, first: number, octets: number): number {
  const database = new SqliteFile(settingOf(settings, 'KAKUIN_DATABASE'), { readonly: true });
  const columns = 'serial_number, change, reason, revoked_at, invalidity_date, not_after';
  const rows = database.prepare(
    `select ${columns} from status_changes where change <> 'issued' and seq > ? order by seq`,
  );
  const block = randomBytes(65_536);
  const start = performance.now();
  if (first > 0) database.prepare("select count(*) from status_changes where change <> 'issued'").get();
  let count = 0;
  for (const row of rows.iterate(first)) count += row === undefined ? 0 : 1;
  const hash = createHash('sha256');
  for (let left = octets; left > 0; left -= block.length) hash.update(block.subarray(0, Math.min(left, block.length)));
  hash.digest();
  const seconds = (performance.now() - start) / 1_000;
  database.close();
  if (count === 0) throw new Error('There were no rows to read.');
  return seconds;
}
