import type { Knex } from 'knex';
import { migrate, type Tables } from '../../ca-core/index.ts';
import * as thePortal from './migrations/0001-the-portal.ts';
import * as officersDesk from './migrations/0002-officers-desk.ts';
import * as whatApplicantsBring from './migrations/0003-what-applicants-bring.ts';
import * as people from './migrations/0004-people.ts';
import * as lraApplies from './migrations/0005-lra-applies.ts';
import * as api from './migrations/0006-api.ts';
import * as picturesShown from './migrations/0008-pictures-shown.ts';
import * as bulkJobs from './migrations/0009-bulk-jobs.ts';
import * as cards from './migrations/0012-cards.ts';
import * as bulkUploads from './migrations/0013-bulk-uploads.ts';
import * as usbTokens from './migrations/0014-usb-tokens.ts';
import * as rekeyCampaigns from './migrations/0014-rekey-campaigns.ts';
import * as lifeOfACertificate from './migrations/0015-life-of-a-certificate.ts';
import * as lettersGivenUp from './migrations/0016-letters-given-up.ts';

/** A connection, or a transaction that stands in for one. */
export type Database = Knex;

export const portalTables: Tables = {
  record: 'portal_migrations',
  migrations: [
    { name: '0001-the-portal', up: thePortal.up, down: thePortal.down },
    { name: '0002-officers-desk', up: officersDesk.up, down: officersDesk.down },
    { name: '0003-what-applicants-bring', up: whatApplicantsBring.up, down: whatApplicantsBring.down },
    { name: '0004-people', up: people.up, down: people.down },
    { name: '0005-lra-applies', up: lraApplies.up, down: lraApplies.down },
    { name: '0006-api', up: api.up, down: api.down },
    { name: '0008-pictures-shown', up: picturesShown.up, down: picturesShown.down },
    { name: '0009-bulk-jobs', up: bulkJobs.up, down: bulkJobs.down },
    { name: '0012-cards', up: cards.up, down: cards.down },
    { name: '0013-bulk-uploads', up: bulkUploads.up, down: bulkUploads.down },
    { name: '0014-usb-tokens', up: usbTokens.up, down: usbTokens.down },
    { name: '0014-rekey-campaigns', up: rekeyCampaigns.up, down: rekeyCampaigns.down },
    { name: '0015-life-of-a-certificate', up: lifeOfACertificate.up, down: lifeOfACertificate.down },
    { name: '0016-letters-given-up', up: lettersGivenUp.up, down: lettersGivenUp.down },
  ],
};

/** Brings the portal's own tables to this release, after the CA's; returns the steps that were taken. Safe to run again. */
export const migratePortal = (database: Database): Promise<readonly string[]> => migrate(database, portalTables);

/** One step of a person's story: all of it happens, or none. */
export function inOneStep<T>(database: Database, step: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
  return database.transaction(step);
}
