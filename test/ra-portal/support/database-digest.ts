import { createHash } from 'node:crypto';
import type { APortal } from './a-portal.ts';

/** SHA-256 over every row of every table, hex: equal where nothing was written. */
export async function databaseDigest(world: APortal): Promise<string> {
  const hash = createHash('sha256');
  for (const name of Object.keys(await world.rows())) {
    const rows = await world.database(name);
    hash.update(`${name} ${JSON.stringify(rows.map(row => JSON.stringify(row)).sort())}\n`);
  }
  return hash.digest('hex');
}
