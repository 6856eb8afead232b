/** What a portal of the tests is set up with: its settings, and the registers as shipped. */
import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Clock } from '../../../ca-core/clock.ts';
import { projectRoot } from '../../../ca-core/project-root.ts';
import { importNtaSnapshot } from '../../../ra-portal/registers/nta-snapshot.ts';
import { importRobinsSnapshot } from '../../../ra-portal/registers/robins-snapshot.ts';
import type { PortalSettings } from '../../../ra-portal/settings.ts';
import { desk } from '../../support/an-officer.ts';

export function portalSettings(home: string, url: string): PortalSettings {
  return {
    port: 0,
    url,
    approvalUrl: desk.origin,
    publicationUrl: 'http://localhost:8082',
    home: join(home, 'portal'),
    database: join(home, 'kakuin.db'),
    policies: join(projectRoot, 'policies'),
    mail: `folder:${join(home, 'mail')}`,
    robins: 'snapshot',
    nta: 'snapshot',
    ntaIdFile: undefined,
    socket: undefined,
    trustedProxies: [],
  };
}

export async function importRegisters(database: Knex, clock: Clock): Promise<void> {
  const folder = join(projectRoot, 'policies', 'registers');
  await importNtaSnapshot(database, createReadStream(join(folder, 'nta-snapshot.csv')), clock.now());
  await importRobinsSnapshot(database, readFileSync(join(folder, 'robins-snapshot.yaml'), 'utf8'), clock.now());
}
