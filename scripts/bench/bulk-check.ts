import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../ca-core/clock.ts';
import { migrateCa, openDatabase, readPolicies } from '../../ca-core/index.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import type { CheckGround } from '../../ra-portal/bulk/check-ground.ts';
import { checkTable, layoutOf } from '../../ra-portal/bulk/check-table.ts';
import { openGround } from '../../ra-portal/bulk/open-ground.ts';
import { encodeText } from '../../ra-portal/bulk/reading/encode.ts';
import { openTable } from '../../ra-portal/bulk/reading/open-table.ts';
import { importNtaSnapshot, ntaSnapshot } from '../../ra-portal/registers/nta-snapshot.ts';
import { importRobinsSnapshot, robinsSnapshot } from '../../ra-portal/registers/robins-snapshot.ts';
import { migratePortal } from '../../ra-portal/store/database.ts';
import type { BenchWish, Figure, Measured, Round } from './figure.ts';

/** Rows per second of a dry run: octets of CP932 to rows that a job can take. */
export const bulkCheckFigure: Figure = {
  name: 'bulk.check',
  meaning: 'rows per second of a dry run over 20,000 rows in CP932, and what it adds to the memory',
  measure,
};

async function measure({ rounds, count = 20_000 }: BenchWish): Promise<readonly Measured[]> {
  const ground = await aGround();
  const [small, large] = [tableOf(Math.ceil(count / 10)), tableOf(count)];
  await run(ground, small);
  const speed: Round[] = [];
  const growth: Round[] = [];
  while (speed.length < rounds) {
    const yardstick = await readOnly(large, count);
    const [one, other] = [await run(ground, small), await run(ground, large)];
    speed.push({ value: count / other.seconds, yardstick });
    growth.push({ value: (other.peak - one.peak) / 2 ** 20, yardstick: null });
  }
  const against = 'reading the same rows without checking them';
  return [
    { name: 'bulk.check', unit: 'rows/s', against, rounds: speed, bound: { of: 'value', at: 'least', aim: 5_000 } },
    {
      name: 'bulk.check.memory',
      unit: 'MB',
      against: 'heap at most, ten times the rows less one time',
      rounds: growth,
    },
  ];
}

interface Run {
  readonly seconds: number;
  /** Octets of the heap at most, while rows passed. */
  readonly peak: number;
}

async function run(ground: CheckGround, octets: Buffer): Promise<Run> {
  globalThis.gc?.();
  const start = performance.now();
  const table = await openTable(octets);
  let rows = 0;
  let peak = 0;
  for await (const { faults } of checkTable(ground, table, await layoutOf(table, ground))) {
    if (faults.length > 0) throw new Error(`Row with ${faults[0]?.rule ?? ''}.`);
    if (++rows % 500 === 0) peak = Math.max(peak, process.memoryUsage().heapUsed);
  }
  return { seconds: (performance.now() - start) / 1_000, peak };
}

async function readOnly(octets: Buffer, count: number): Promise<number> {
  const start = performance.now();
  let rows = 0;
  for await (const { row } of (await openTable(octets)).rows()) rows = row;
  if (rows !== count + 1) throw new Error(`${rows} rows were read.`);
  return (count * 1_000) / (performance.now() - start);
}

function tableOf(count: number): Buffer {
  const day = new Date((systemClock.now() + 9 * 3_600) * 1_000).toISOString().slice(0, 10);
  const row = (index: number): string =>
    `A-${String(index).padStart(6, '0')},髙橋 花子,タカハシ ハナコ,Takahashi Hanako,hanako.${index}@kakuu-kakuin.example,7999901000001,株式会社架空角印,運転免許証,対面,${day}\r\n`;
  const head =
    '管理番号,氏名,フリガナ,ローマ字氏名,メールアドレス,法人番号,組織名,本人確認書類,本人確認方法,本人確認日\r\n';
  return (
    encodeText(head + Array.from({ length: count }, (_, index) => row(index)).join(''), 'cp932') ?? Buffer.alloc(0)
  );
}

async function aGround(): Promise<CheckGround> {
  const database = openDatabase(':memory:');
  try {
    await migrateCa(database);
    await migratePortal(database);
    const folder = join(projectRoot, 'policies', 'registers');
    await importNtaSnapshot(database, createReadStream(join(folder, 'nta-snapshot.csv')), systemClock.now());
    const robins = readFileSync(join(folder, 'robins-snapshot.yaml'), 'utf8');
    await importRobinsSnapshot(database, robins, systemClock.now());
    const policies = readPolicies(join(projectRoot, 'policies'));
    const profile = policies.profiles.get('jcan-classic');
    if (profile === undefined) throw new Error('There is no profile jcan-classic.');
    const registers = { nta: ntaSnapshot(database), robins: robinsSnapshot(database) };
    const parts = { database, policies, registers, clock: systemClock };
    return await openGround(parts, { profile, organisation: '7999901000001', lra: 'lra' });
  } finally {
    await database.destroy();
  }
}
