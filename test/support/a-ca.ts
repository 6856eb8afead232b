/** A whole CA in a temporary home: the real ceremony, the real roll by two officers, the real store; OpenSSL may judge it. */
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { CaseDocument, SignableDocument, SubjectKey } from '../../ca-core/approvals/documents.ts';
import type { CaSurroundings } from '../../ca-core/open-ca.ts';
import { openCa, type OpenCa } from '../../ca-core/open-ca.ts';
import { runCeremony, type CeremonyOutcome } from '../../ca-core/ceremony.ts';
import { systemClock, type Clock } from '../../ca-core/clock.ts';
import { founderLinks, type Terminal } from '../../ca-core/console.ts';
import { openAnchors } from '../../ca-core/home/home.ts';
import { silentLog } from '../../ca-core/log.ts';
import { readPolicies, type Policies } from '../../ca-core/profiles/read-policies.ts';
import { subjectOf } from '../../ca-core/profiles/subject.ts';
import type { CaSettings } from '../../ca-core/settings.ts';
import { openDatabase } from '../../ca-core/store/database.ts';
import { migrateCa } from '../../ca-core/store/migrate-ca.ts';
import { openStore, type Store } from '../../ca-core/store/store.ts';
import { readCertificationRequest } from '../../ca-core/x509/certification-request.ts';
import { toHex } from '../../ca-core/x509/der.ts';
import { ceremonyPlan, settingsOf } from './a-ceremony.ts';
import { enrol, type Officer } from './an-officer.ts';
import { ecKey } from './certificates.ts';
import { demoCaseAt } from './demo-case.ts';
import { opensslBytes } from './openssl.ts';
import { aPostgres } from './postgres.ts';

export interface ACa {
  readonly settings: CaSettings;
  readonly clock: Clock;
  readonly database: Knex;
  readonly store: Store;
  readonly console: Terminal;
  readonly policies: Policies;
  readonly outcome: CeremonyOutcome;
  readonly ca: string;
  /** The responder's pinned key. */
  readonly responder: ReturnType<typeof ecKey>;
  readonly officers: readonly [Officer, Officer];
  /** Opens the CA core of this home; close it before the next. */
  readonly open: (surroundings?: Partial<CaSurroundings>) => Promise<OpenCa>;
  /** A case of the demo's person; for profile jcan-classic unless another is named. */
  readonly aCase: (change?: Partial<CaseDocument>, profile?: string) => CaseDocument;
  /** What the desk writes: the document and both signatures. Its digest. */
  readonly approve: (document: SignableDocument, officers?: readonly Officer[]) => Promise<string>;
  /** One of the CA core's logs as it is now, to be put back while no CA core is open. */
  readonly logOf: (name: 'signer' | 'status') => { readonly putBack: () => void };
  readonly end: () => Promise<void>;
}

/** A clock that stands still until it is told to pass; the very seconds of the machine at first. */
export function aClock(): Clock & { readonly pass: (seconds: number) => void } {
  let now = systemClock.now();
  return { now: () => now, pass: seconds => (now += seconds) };
}

/** Which database a test is about; KAKUIN_TEST_DATABASE=postgresql runs those that do not say on the other one. */
export type DatabaseKind = 'sqlite' | 'postgresql';
export const usualDatabase: DatabaseKind =
  process.env['KAKUIN_TEST_DATABASE'] === 'postgresql' ? 'postgresql' : 'sqlite';

export interface ACaWishes {
  readonly clock?: Clock;
  /** As the setting of that name: files, or the URI of a token. */
  readonly caKeys?: string;
  /** As the setting of that name. */
  readonly tokenSessions?: number;
  /** Where status is published, if somebody shall ask there. */
  readonly urls?: Pick<CaSettings, 'ocspUrl' | 'crlUrl'>;
  readonly database?: DatabaseKind;
  /** Instead: the URL of an empty database, of a server that the test stops. */
  readonly location?: string;
  /** In which folder its home is made; the machine's for temporary files where nothing is said. */
  readonly disk?: string;
  /** How many CA cores may be open at once. */
  readonly workers?: number;
  /** How many authenticators each officer registers; one. */
  readonly authenticators?: number;
}

export async function aCa({ clock = systemClock, ...wishes }: ACaWishes = {}): Promise<ACa> {
  const home = mkdtempSync(join(wishes.disk ?? tmpdir(), 'kakuin-ca-'));
  const { caKeys, tokenSessions, workers, urls } = wishes;
  const settings = { ...settingsOf(home), ...urls, ...(await placeOf(wishes)), caKeys, tokenSessions, workers };
  writeFileSync(settings.passphraseFile, 'a passphrase for tests', { mode: 0o600 });
  const database = openDatabase(settings.database);
  await migrateCa(database);
  const store = openStore(database);
  const policies = readPolicies(settings.policies);
  const responder = ecKey();
  const outcome = await runCeremony(ceremonyPlan({ settings, store, policies, clock, responder }));
  const console = { store, anchors: await openAnchors(join(home, 'ca')), clock, invitationLifetime: 3600 };
  const ca = (await store.issuers.list()).find(issuer => issuer.role === 'issuing')?.id ?? '';
  const [one, other] = await founderLinks(console);
  if (one === undefined || other === undefined) throw new Error('no links for the founders');
  const { authenticators } = wishes;
  const officers = [await enrol(console, one, authenticators), await enrol(console, other, authenticators)] as const;
  return {
    settings,
    clock,
    database,
    store,
    console,
    policies,
    outcome,
    ca,
    responder,
    officers,
    open: surroundings => openCa(settings, { log: silentLog, clock, ...surroundings }),
    aCase: (change = {}, profile = 'jcan-classic') => aCaseOf({ policies, ca, clock }, profile, change),
    approve: (document, by = officers) => approveAll(console, document, by),
    logOf: name => {
      const file = join(home, 'ca', `${name}.log`);
      const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
      return { putBack: () => writeFileSync(file, bytes) };
    },
    end: async () => {
      await database.destroy();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The database that the test is about: an empty one, where it is PostgreSQL. */
export async function placeOf({ database = usualDatabase, location }: ACaWishes = {}): Promise<Partial<CaSettings>> {
  if (location !== undefined) return { database: location };
  return database === 'postgresql' ? { database: await (await aPostgres()).database() } : {};
}

/** Turns until nothing is left to do. */
export async function settle({ turn }: OpenCa): Promise<void> {
  while (await turn());
}

/** A PKCS#10 that OpenSSL made for a new key, as a case document carries it. */
export function aRequestedKey(options: readonly string[] = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']): SubjectKey {
  const args = ['req', '-new', '-newkey', ...options, '-nodes', '-keyout', 'key', '-subj', '/CN=x', '-outform', 'DER'];
  const request = readCertificationRequest(new Uint8Array(opensslBytes(args)));
  return {
    from: 'csr',
    subjectPublicKeyInfo: toHex(request.subjectPublicKeyInfo),
    certificationRequest: toHex(request.der),
  };
}

async function approveAll(
  { store, clock }: Terminal,
  document: SignableDocument,
  officers: readonly Officer[],
): Promise<string> {
  const at = clock.now();
  const digest = await store.documents.put(document, at);
  for (const officer of officers) await store.approvals.record({ digest, at, ...officer.approve(document) });
  return digest;
}

function aCaseOf(
  { policies, ca, clock }: { readonly policies: Policies; readonly ca: string; readonly clock: Clock },
  profileName: string,
  change: Partial<CaseDocument>,
): CaseDocument {
  const profile = policies.profiles.get(profileName);
  if (profile === undefined) throw new Error(`the policies lack ${profileName}`);
  const input = demoCaseAt(clock.now());
  const names = subjectOf(profile, input, policies);
  if (!('subject' in names)) throw new Error(JSON.stringify(names));
  return {
    kind: 'case',
    version: 1,
    ca,
    caseId: `K26-${randomUUID().slice(0, 8)}`,
    profile: { name: profile.name, hash: profile.hash },
    ...input,
    evidence: [...input.evidence],
    subject: toHex(names.subject),
    subjectAltName: names.subjectAltName === null ? null : toHex(names.subjectAltName),
    validityDays: profile.validityDays,
    subjectKey: {
      from: 'server',
      algorithm: 'p-256',
      sealTo: '5fd47633b5e43fca7bad1bfbe424feacb175d9d4d4a30f166dbd30636f0b446b',
    },
    ...change,
  };
}
