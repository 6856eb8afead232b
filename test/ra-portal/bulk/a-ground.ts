/** What a dry run stands on, without a portal: the policies and registers as shipped, a database in memory. */
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { migrateCa, openDatabase, readPolicies } from '../../../ca-core/index.ts';
import { projectRoot } from '../../../ca-core/project-root.ts';
import type { CheckGround, Defaults } from '../../../ra-portal/bulk/check-ground.ts';
import { openGround } from '../../../ra-portal/bulk/open-ground.ts';
import { importNtaSnapshot } from '../../../ra-portal/registers/nta-snapshot.ts';
import { ntaSnapshot } from '../../../ra-portal/registers/nta-snapshot.ts';
import { importRobinsSnapshot, robinsSnapshot } from '../../../ra-portal/registers/robins-snapshot.ts';
import { migratePortal } from '../../../ra-portal/store/database.ts';

/** 2026-11-22 12:00 in Japan. */
export const now = Date.parse('2026-11-22T12:00:00+09:00') / 1000;
export const organisation = '7999901000001';
export const policies = readPolicies(join(projectRoot, 'policies'));

export interface GroundChoice {
  readonly profile?: string;
  readonly organisation?: string;
  readonly defaults?: Defaults;
}

export async function aGround(choice: GroundChoice = {}): Promise<CheckGround> {
  const database = openDatabase(':memory:');
  try {
    await migrateCa(database);
    await migratePortal(database);
    const folder = join(projectRoot, 'policies', 'registers');
    await importNtaSnapshot(database, createReadStream(join(folder, 'nta-snapshot.csv')), now);
    await importRobinsSnapshot(database, readFileSync(join(folder, 'robins-snapshot.yaml'), 'utf8'), now);
    const profile = policies.profiles.get(choice.profile ?? 'jcan-classic');
    if (profile === undefined) throw new Error('there is no such profile');
    const registers = { nta: ntaSnapshot(database), robins: robinsSnapshot(database) };
    const parts = { database, policies, registers, clock: { now: () => now } };
    const { organisation: number = organisation, defaults = {} } = choice;
    return await openGround(parts, { profile, organisation: number, lra: 'lra-1', defaults });
  } finally {
    await database.destroy();
  }
}
