/** The real portal over a real CA in a temporary home, with the registers as shipped and two officers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Clock } from '../../../ca-core/clock.ts';
import { runCeremony } from '../../../ca-core/ceremony.ts';
import { confirmEnrolment, founderLinks, type OneTimeLink, type Terminal } from '../../../ca-core/console.ts';
import { openAnchors } from '../../../ca-core/home/home.ts';
import { enrolmentMac, migrateCa, openDatabase, openStore, readPolicies, type Store } from '../../../ca-core/index.ts';
import { silentLog, type Log } from '../../../ca-core/log.ts';
import { openCa } from '../../../ca-core/open-ca.ts';
import { projectRoot } from '../../../ca-core/project-root.ts';
import type { CaSettings } from '../../../ca-core/settings.ts';
import { openPortal, type Portal } from '../../../ra-portal/portal.ts';
import type { PortalSettings } from '../../../ra-portal/settings.ts';
import { migratePortal } from '../../../ra-portal/store/database.ts';
import { createSoftwareAuthenticator } from '../../../scripts/demo/software-authenticator.ts';
import { aClock, placeOf, settle } from '../../support/a-ca.ts';
import { ceremonyPlan, settingsOf } from '../../support/a-ceremony.ts';
import { desk } from '../../support/an-officer.ts';
import { ecKey } from '../../support/certificates.ts';
import { visitorOf, type Visitor } from './a-visitor.ts';
import { approveAs } from './an-approver.ts';
import { importRegisters, portalSettings } from './as-shipped.ts';
import { lettersIn, rowsOf } from './what-is-kept.ts';

/** An officer: a visitor of the portal who can sign in, and approve as at the desk. */
export interface PortalOfficer {
  readonly memberId: string;
  readonly mailbox: string;
  /** Signed in, sending the portal's origin. */
  readonly visitor: Visitor;
  readonly signIn: () => Promise<void>;
  readonly approve: (digest: string) => Promise<void>;
}

export interface APortal {
  readonly url: string;
  readonly home: string;
  /** The CA core's settings. */
  readonly ground: CaSettings;
  readonly database: Knex;
  readonly store: Store;
  readonly clock: Clock & { readonly pass: (seconds: number) => void };
  readonly terminal: Terminal;
  readonly links: readonly OneTimeLink[];
  readonly portal: Portal;
  readonly settings: PortalSettings;
  readonly visitor: () => Visitor;
  /** Enrols and confirms one officer with an authenticator in software. */
  readonly enrolled: (link: OneTimeLink) => Promise<PortalOfficer>;
  /** Both founders. */
  readonly officers: () => Promise<readonly [PortalOfficer, PortalOfficer]>;
  /** Lets the CA core issue and apply what waits, and the portal look. */
  readonly work: () => Promise<void>;
  /** The letters so far, newest last, each as its decoded text. */
  readonly letters: () => Promise<readonly string[]>;
  /** How many rows each table has: what is half-made shows here. */
  readonly rows: () => Promise<Readonly<Record<string, number>>>;
  readonly end: () => Promise<void>;
}

export interface PortalChoices {
  readonly compiled?: string;
  /** Where the portal writes its log; nowhere. */
  readonly log?: Log;
  readonly registers?: Partial<Pick<PortalSettings, 'nta' | 'robins' | 'ntaIdFile'>>;
}

export async function aPortal({
  compiled = join(projectRoot, 'dist'),
  log = silentLog,
  registers = {},
}: PortalChoices = {}): Promise<APortal> {
  const home = mkdtempSync(join(tmpdir(), 'kakuin-portal-'));
  const clock = aClock();
  const server = createServer();
  const url = `http://localhost:${await listen(server)}`;
  const ground = { ...settingsOf(home), ...(await placeOf()) };
  writeFileSync(ground.passphraseFile, 'a passphrase for tests', { mode: 0o600 });
  const database = openDatabase(ground.database);
  await migrateCa(database);
  await migratePortal(database);
  const store = openStore(database);
  const policies = readPolicies(ground.policies);
  await runCeremony(ceremonyPlan({ settings: ground, store, policies, clock, responder: ecKey() }));
  await importRegisters(database, clock);
  const terminal = { store, anchors: await openAnchors(join(home, 'ca')), clock, invitationLifetime: 3600 };
  const settings = { ...portalSettings(home, url), ...registers };
  const portal = openPortal({ database, settings, clock, log, compiled });
  server.on('request', portal.app);
  const links = await founderLinks(terminal);
  const world = { url, home, ground, database, store, clock, terminal, links, portal, settings };
  return { ...world, ...conveniences(world, server) };
}

type World = Pick<
  APortal,
  'url' | 'home' | 'ground' | 'database' | 'store' | 'clock' | 'terminal' | 'links' | 'portal' | 'settings'
>;

function conveniences(world: World, server: Server): Omit<APortal, keyof World> {
  const { url, home, database, portal, links } = world;
  return {
    visitor: () => visitorOf(url),
    enrolled: link => enrolled(world, link),
    officers: async () => {
      const [one, other] = links;
      if (one === undefined || other === undefined) throw new Error('no links for the founders');
      return [await enrolled(world, one), await enrolled(world, other)];
    },
    work: async () => {
      const ca = await openCa(world.ground, { log: silentLog, clock: world.clock });
      await settle(ca);
      await ca.close();
      await portal.look();
    },
    letters: async () => {
      await portal.look();
      return lettersIn(join(home, 'mail'));
    },
    rows: () => rowsOf(database),
    end: async () => {
      server.closeAllConnections();
      server.close();
      await database.destroy();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function enrolled({ url, store, terminal, clock }: World, link: OneTimeLink): Promise<PortalOfficer> {
  const authenticator = createSoftwareAuthenticator();
  const visitor = visitorOf(url);
  const mailbox = `${link.memberId}@operator.example`;
  const person = { name: `審査 ${link.memberId}`, mailbox, invitationId: link.invitationId };
  const portalSide = { rpId: 'localhost', origin: url };
  const secret = Buffer.from(link.secret, 'hex');
  const signing = authenticator.create(portalSide);
  const { invitationId, ...named } = person;
  const mac = enrolmentMac(secret, { ...signing, ...person, use: 'signIn' });
  await visitor.json(`/officer/enrol/${invitationId}`, { ...signing, ...named, mac }).expect(201);
  const approving = { ...authenticator.create(desk), ...person, use: 'approve' as const };
  await store.enrolments.add({ ...approving, mac: enrolmentMac(secret, approving), at: clock.now() });
  await confirmEnrolment(terminal, invitationId);
  return {
    memberId: link.memberId,
    mailbox,
    visitor,
    signIn: async () => {
      const body: unknown = (await visitor.json('/sign-in/options', {}).expect(200)).body;
      const { challenge } = body as { challenge: string };
      const assertion = authenticator.get({
        ...portalSide,
        challenge: Buffer.from(challenge, 'base64url'),
        credentialId: signing.credentialId,
      });
      await visitor.json('/sign-in', { assertion }).expect(200);
    },
    approve: digest =>
      approveAs(
        { store, clock },
        { authenticator, memberId: link.memberId, credentialId: approving.credentialId },
        digest,
      ),
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, resolve));
  return (server.address() as AddressInfo).port;
}
