import type { Knex } from 'knex';
import { migrate, requireTables, type Tables } from './migrate.ts';
import * as theCa from './migrations/0001-the-ca.ts';
import * as severalWorkers from './migrations/0002-several-workers.ts';
import * as crlLists from './migrations/0003-crl-lists.ts';
import * as activeIssuer from './migrations/0004-active-issuer.ts';
import * as lists from './migrations/0005-lists.ts';
import * as crossCertificates from './migrations/0006-cross-certificates.ts';
import * as bulk from './migrations/0007-bulk.ts';
import * as tokens from './migrations/0008-tokens.ts';
import * as massRevocations from './migrations/0009-mass-revocations.ts';
import * as blockedKeys from './migrations/0010-blocked-keys.ts';
import * as selfAudits from './migrations/0011-self-audits.ts';
import * as operations from './migrations/0012-operations.ts';
import * as wishesApart from './migrations/0013-wishes-apart.ts';

export const caTables: Tables = {
  record: 'ca_migrations',
  migrations: [
    { name: '0001-the-ca', up: theCa.up, down: theCa.down },
    { name: '0002-several-workers', up: severalWorkers.up, down: severalWorkers.down },
    { name: '0003-crl-lists', up: crlLists.up, down: crlLists.down },
    { name: '0004-active-issuer', up: activeIssuer.up, down: activeIssuer.down },
    { name: '0005-lists', up: lists.up, down: lists.down },
    { name: '0006-cross-certificates', up: crossCertificates.up, down: crossCertificates.down },
    { name: '0007-bulk', up: bulk.up, down: bulk.down },
    { name: '0008-tokens', up: tokens.up, down: tokens.down },
    { name: '0009-mass-revocations', up: massRevocations.up, down: massRevocations.down },
    { name: '0010-blocked-keys', up: blockedKeys.up, down: blockedKeys.down },
    { name: '0011-self-audits', up: selfAudits.up, down: selfAudits.down },
    { name: '0012-operations', up: operations.up, down: operations.down },
    { name: '0013-wishes-apart', up: wishesApart.up, down: wishesApart.down },
  ],
};

/** Brings the CA's tables to this release; returns the steps that were taken. Safe to run again. */
export const migrateCa = (database: Knex): Promise<readonly string[]> => migrate(database, caTables);

/** Throws what requireTables throws. Steps of a later release are returned. */
export const requireCaTables = (database: Knex): Promise<readonly string[]> => requireTables(database, caTables);
