/** The real portal over a real CA in a temporary home, with the registers as shipped and two officers. */
import { createReadStream, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import request, { type Agent } from 'supertest';
import type { Clock } from '../../../ca-core/clock.ts';
import { runCeremony } from '../../../ca-core/ceremony.ts';
import { confirmEnrolment, founderLinks, type OneTimeLink, type Terminal } from '../../../ca-core/console.ts';
import { openAnchors } from '../../../ca-core/home/home.ts';
import {
  approvalChallenge,
  enrolmentMac,
  migrateCa,
  openDatabase,
  openStore,
  readPolicies,
  type Store,
} from '../../../ca-core/index.ts';
import { silentLog, type Log } from '../../../ca-core/log.ts';
import { openCa } from '../../../ca-core/open-ca.ts';
import { projectRoot } from '../../../ca-core/project-root.ts';
import type { CaSettings } from '../../../ca-core/settings.ts';
import { isPostgres } from '../../../ca-core/store/database.ts';
import { openPortal, type Portal } from '../../../ra-portal/portal.ts';
import { importNtaSnapshot } from '../../../ra-portal/registers/nta-snapshot.ts';
import { importRobinsSnapshot } from '../../../ra-portal/registers/robins-snapshot.ts';
import type { PortalSettings } from '../../../ra-portal/settings.ts';
import { migratePortal } from '../../../ra-portal/store/database.ts';
import {
  createSoftwareAuthenticator,
  type SoftwareAuthenticator,
} from '../../../scripts/demo/software-authenticator.ts';
import { aClock, placeOf, settle } from '../../support/a-ca.ts';
import { ceremonyPlan, settingsOf } from '../../support/a-ceremony.ts';
import { desk } from '../../support/an-officer.ts';
import { ecKey } from '../../support/certificates.ts';

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

/** What a browser sends besides: its origin with everything but GET, its cookies, and what it would like to get. */
export interface Visitor {
  readonly agent: Agent;
  readonly json: (path: string, body: object, language?: 'ja' | 'en') => request.Test;
  /** Sends a form, with the token that the page of `from` holds. */
  readonly form: (path: string, fields: Readonly<Record<string, string>>, from?: string) => Promise<request.Response>;
  readonly page: (path: string, language?: 'ja' | 'en') => request.Test;
  readonly look: (path: string) => request.Test;
}

function visitorOf(url: string): Visitor {
  const agent = request.agent(url);
  const page = (path: string, language: 'ja' | 'en' = 'ja'): request.Test =>
    agent.get(path).set('Accept', 'text/html').set('Accept-Language', language);
  return {
    agent,
    page,
    look: path => agent.get(path).set('Accept', 'application/json'),
    json: (path, body, language = 'ja') =>
      agent.post(path).set({ Origin: url, Accept: 'application/json', 'Accept-Language': language }).send(body),
    form: async (path, fields, from = '/apply') => {
      const formToken = /name="formToken" value="([^"]+)"/.exec((await page(from)).text)?.[1] ?? '';
      return agent
        .post(path)
        .set({ Origin: url, Accept: 'text/html' })
        .type('form')
        .send({ ...fields, formToken });
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

export interface Approver {
  readonly authenticator: SoftwareAuthenticator;
  readonly memberId: string;
  readonly credentialId: string;
}

/** What the desk records when an officer signs there. */
export async function approveAs(
  { store, clock }: Pick<APortal, 'store' | 'clock'>,
  { authenticator, memberId, credentialId }: Approver,
  digest: string,
): Promise<void> {
  const found = await store.documents.find(digest);
  const ca = (await store.issuers.list()).find(({ name }) => name === 'issuing')?.id ?? '';
  if (found === undefined) throw new Error('no such document');
  const at = clock.now();
  const expiry = at + 3600;
  const challenge = approvalChallenge({ kind: found.kind, ca, digest, expiry });
  const assertion = authenticator.get({ ...desk, challenge, credentialId });
  await store.approvals.record({ digest, memberId, expiry, assertion, at });
}

function portalSettings(home: string, url: string): PortalSettings {
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

async function importRegisters(database: Knex, clock: Clock): Promise<void> {
  const folder = join(projectRoot, 'policies', 'registers');
  await importNtaSnapshot(database, createReadStream(join(folder, 'nta-snapshot.csv')), clock.now());
  await importRobinsSnapshot(database, readFileSync(join(folder, 'robins-snapshot.yaml'), 'utf8'), clock.now());
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>(resolve => server.listen(0, resolve));
  return (server.address() as AddressInfo).port;
}

function lettersIn(folder: string): string[] {
  const files = readdirSync(folder).filter(name => name.endsWith('.eml'));
  return files.map(name => {
    const text = readFileSync(join(folder, name), 'utf8');
    const [head = '', body = ''] = text.split(/\r?\n\r?\n/);
    return `${head}\n\n${Buffer.from(body, 'base64').toString('utf8')}`;
  });
}

async function rowsOf(database: Knex): Promise<Readonly<Record<string, number>>> {
  const tables = isPostgres(database)
    ? await database('pg_tables').where({ schemaname: 'public' }).pluck<string[]>('tablename')
    : await database('sqlite_master').where({ type: 'table' }).pluck<string[]>('name');
  const own = tables.filter(name => !/^sqlite_|migrations/.test(name)).sort();
  const counts = new Map<string, number>();
  for (const name of own) {
    const [row] = await database(name).count({ count: '*' });
    counts.set(name, Number(row?.count));
  }
  return Object.fromEntries(counts);
}
