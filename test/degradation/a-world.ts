/** The five services that people need, as programs of their own, over parts that can be made to fail one by one. */
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Knex } from 'knex';
import { confirmEnrolment, founderLinks } from '../../ca-core/console.ts';
import { systemClock, type Clock } from '../../ca-core/clock.ts';
import { openDatabase, openStore, readCertificate, type Certificate } from '../../ca-core/index.ts';
import { linkText, withConsole } from '../../scripts/ca-console.ts';
import { openOfficer, type Addresses, type Officer } from '../../scripts/demo/officer.ts';
import { launch, type Launched } from '../../scripts/launch.ts';
import { freePorts } from '../../scripts/ports.ts';
import { prepare } from '../../scripts/prepare.ts';
import { readSettings, settingOf, type ServiceName, type Settings } from '../../scripts/settings.ts';
import { anSmtpServer, type AnSmtpServer } from '../support/an-smtp-server.ts';
import { compiled } from '../support/compiled.ts';
import { startPostgres, type PostgresServer } from '../support/postgres.ts';
import { aSmallDisk, type SmallDisk } from '../support/small-disk.ts';
import { softHsm, type SoftHsm } from '../support/soft-hsm.ts';
import { registersOverHttp, type RegistersAway } from './registers.ts';

export const people = ['ca-core', 'crl-publisher', 'ocsp-responder', 'approval-desk', 'ra-portal'] as const;
export type Served = (typeof people)[number] & ServiceName;

export interface DegradableWorld {
  readonly settings: Settings;
  readonly addresses: Addresses;
  readonly officers: readonly [Officer, Officer];
  readonly issuer: Certificate;
  /** The issuing CA, hex. */
  readonly ca: string;
  readonly database: Knex;
  readonly server: PostgresServer;
  readonly hsm: SoftHsm;
  readonly mail: AnSmtpServer;
  readonly registers: RegistersAway;
  /** The disks of the homes, and of the audit log's checkpoints. */
  readonly disks: { readonly home: SmallDisk; readonly audit: SmallDisk };
  /** Sets every service's clock so many seconds ahead of this machine's. */
  readonly shiftClock: (seconds: number) => void;
  /** As the services see it. */
  readonly clock: Clock;
  readonly running: Map<Served, Launched>;
  readonly start: (name: Served) => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Nothing where this account may mount no disks. */
export async function aDegradableWorld(): Promise<DegradableWorld | undefined> {
  const [home, audit] = [aSmallDisk(64), aSmallDisk(4)];
  if (home === undefined || audit === undefined) return undefined;
  const disks = { home, audit };
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-world-'));
  compiled('scripts/kakuin.ts');
  const [server, mail, registers] = await Promise.all([startPostgres(), anSmtpServer(), registersOverHttp()]);
  const hsm = softHsm('shim');
  const location = await server.database();
  const settings = await settingsOf({ folder, disks, location, hsm, mail, registers });
  const clockFile = join(folder, 'clock');
  writeFileSync(clockFile, '0');
  let ahead = 0;
  const shifted = pathToFileURL(compiled('test/degradation/shifted-clock.ts')).href;
  Object.assign(process.env, { NODE_OPTIONS: `--import ${shifted}`, KAKUIN_TEST_CLOCK: clockFile });
  mkdirSync(join(settings.home, 'ca'), { recursive: true });
  symlinkSync(audit.folder, join(settings.home, 'ca', 'audit'));
  await prepare(settings, { step: () => undefined, tell: () => undefined });
  const log = createWriteStream(join(folder, 'log'));
  const running = new Map<Served, Launched>();
  const start = async (name: Served): Promise<void> => {
    const launched = launch(name, settings, log);
    running.set(name, launched);
    await launched.ready;
  };
  await Promise.all(people.map(start));
  const addresses = {
    portal: settingOf(settings, 'KAKUIN_PORTAL_URL'),
    desk: settingOf(settings, 'KAKUIN_APPROVAL_URL'),
  };
  const officers = await enrolled(settings, addresses);
  const database = openDatabase(location);
  const issuing = (await openStore(database).issuers.list()).find(({ role }) => role === 'issuing');
  if (issuing === undefined) throw new Error('the ceremony left no issuing CA');
  return {
    ...{ settings, addresses, officers, database, server, hsm, mail, registers, disks, running, start },
    issuer: readCertificate(issuing.certificate),
    ca: issuing.id,
    shiftClock: seconds => writeFileSync(clockFile, String((ahead = seconds) * 1000)),
    clock: { now: () => systemClock.now() + ahead },
    end: async () => {
      for (const one of running.values()) await one.end();
      await database.destroy();
      await server.end();
      await mail.goAway();
      registers.end();
      hsm.end();
      delete process.env['NODE_OPTIONS'];
      for (const disk of [audit, home]) disk.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Places extends Pick<DegradableWorld, 'disks' | 'hsm' | 'mail' | 'registers'> {
  readonly folder: string;
  readonly location: string;
}

async function settingsOf({ folder, disks, location, hsm, mail, registers }: Places): Promise<Settings> {
  const names = ['PORTAL', 'OCSP', 'CRL', 'APPROVAL', 'MONITOR'];
  const ports = await freePorts(names.length);
  const idFile = join(folder, 'nta-id');
  writeFileSync(idFile, 'K0123456789ab\n');
  return readSettings({
    ...Object.fromEntries(names.map((name, index) => [`KAKUIN_${name}_PORT`, String(ports[index])])),
    KAKUIN_HOME: join(disks.home.folder, 'home'),
    KAKUIN_DATABASE: location,
    KAKUIN_PASSPHRASE_FILE: join(folder, 'passphrase'),
    KAKUIN_CA_KEYS: hsm.uri(),
    KAKUIN_MAIL: mail.url,
    KAKUIN_NTA: registers.nta,
    KAKUIN_NTA_ID_FILE: idFile,
    KAKUIN_ROBINS: registers.robins,
  });
}

async function enrolled(settings: Settings, addresses: Addresses): Promise<[Officer, Officer]> {
  const links = await withConsole(settings, founderLinks);
  const officers: Officer[] = [];
  for (const [index, link] of links.entries()) {
    const officer = openOfficer(addresses, { name: `審査 ${index}`, mailbox: `officer-${index}@ra.example` });
    await officer.enrol(linkText(settings, link));
    await withConsole(settings, console => confirmEnrolment(console, link.invitationId));
    officers.push(officer);
  }
  for (const officer of officers) await officer.signIn();
  const [one, other] = officers;
  if (one === undefined || other === undefined) throw new Error('two officers are needed');
  return [one, other];
}
