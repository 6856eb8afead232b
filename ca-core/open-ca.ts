/** The CA core, put together: its certificate and key, its home, its store, and what it does turn by turn. */
import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Aside } from './aside.ts';
import { openAuditKey } from './audit/audit-key.ts';
import { openCheckpointFiles } from './audit/checkpoint-files.ts';
import { openAuditSequencer, type AuditSequencer } from './audit/sequencer.ts';
import { openBackupRounds } from './backup/backup-rounds.ts';
import type { Ca, CaUrls } from './ca.ts';
import { systemClock, type Clock } from './clock.ts';
import { PkiError } from './errors.ts';
import { openAnchors, openHome, pinnedIssuers } from './home/home.ts';
import { takeSeat } from './home/lock.ts';
import { openEncryptedFileKeyStore } from './keys/encrypted-file-key-store.ts';
import { workerAt, type Worker } from './leadership.ts';
import type { Log } from './log.ts';
import { openSubjectKeys } from './keys/subject-keys.ts';
import { openIssuingCas, type IssuingCas } from './issuing-cas.ts';
import type { KeyStore } from './keys/key-store.ts';
import { openNightlyKeysAudit } from './nightly-keys-audit.ts';
import { openNightlyReconcile } from './reconcile/nightly-reconcile.ts';
import { openIssuers, openKeyStores, type KeyStores, type NamedIssuer } from './open-issuers.ts';
import { readPolicies } from './profiles/read-policies.ts';
import { refuseSetBack, type StandingGround } from './recovery/set-back.ts';
import { readPassphrase, type CaSettings } from './settings.ts';
import { openDatabase } from './store/database.ts';
import { openToldDeliveries } from './store/deliveries-told.ts';
import { requireCaTables } from './store/migrate-ca.ts';
import { openStore, type Store } from './store/store.ts';
import { openWakeUps, type WakeUps } from './store/wake.ts';
import { turnsOf, type Turns } from './turn.ts';

export interface OpenCa {
  /** The active issuing CA as it is now. */
  readonly ca: Ca;
  readonly worker: Worker;
  /** One round of everything; true when there was work, so that the next round should come at once. */
  readonly turn: () => Promise<boolean>;
  /** Between two turns without work. */
  readonly rest: WakeUps['rest'];
  readonly close: () => Promise<void>;
}

export interface CaSurroundings {
  readonly log: Log;
  readonly clock?: Clock;
  readonly atFailpoint?: Ca['atFailpoint'];
  /** What is made of a home that may have been set back in time, before anything is signed; it is refused where nothing is said. */
  readonly standing?: (ground: StandingGround) => Promise<void>;
  /** How the database is opened, where not as everybody opens it. */
  readonly openDatabase?: typeof openDatabase;
}

/** Opens the CA of a home. Throws notInitialised, tablesUnfit, recoveryNeeded, alreadyRunning, passphraseWrong, policyInvalid. Nothing is done before the first turn. */
export async function openCa(settings: CaSettings, surroundings: CaSurroundings): Promise<OpenCa> {
  const folder = join(settings.home, 'ca');
  const passphrase = readPassphrase(settings.passphraseFile);
  const seat = takeSeat(folder, settings.workers);
  const database = (surroundings.openDatabase ?? openDatabase)(settings.database);
  const keys = openKeyStores(settings, folder, passphrase);
  try {
    await requireOwnTables(database);
    const store = openStore(database, events => home.lateEvents.keep(events));
    const { known, auditKeys } = await unlock(settings, { folder, store, keys });
    const home = await openHome(folder);
    const common = commonParts(settings, store, surroundings);
    const urls = (name: string): CaUrls => urlsOf(settings, name);
    const cas = await openIssuingCas({ common, home, folder, keys, known, urlsOf: urls });
    await standFirm(cas, { settings, auditKeys }, surroundings);
    const audit = await openAudit({ ca: cas.active(), first: cas.first() }, settings, auditKeys);
    const wakeUps = openWakeUps(settings.database, database);
    const worker = workerAt(seat);
    const turnsNow = (): Turns => turnsOf(cas.active(), audit, worker, asidesOf(cas.active(), settings, database));
    let turns = turnsNow();
    const turn = async (): Promise<boolean> => {
      if (await cas.follow()) {
        turns.stop();
        turns = turnsNow();
      }
      return turns.take();
    };
    const close = async (): Promise<void> => {
      await audit.close().catch((error: unknown) => common.log.error({ error }, 'the last checkpoint was not written'));
      // A database that is away does not keep anybody from stopping: the lease runs out by itself.
      await turns.end().catch(() => undefined);
      common.subjectKeys.prepare(null);
      await keys.close();
      await wakeUps.close();
      await cas.close();
      await database.destroy();
      seat.leave();
    };
    return {
      ...{ worker, turn, rest: wakeUps.rest, close },
      get ca() {
        return cas.active();
      },
    };
  } catch (error) {
    await keys.close();
    await database.destroy();
    seat.leave();
    throw error;
  }
}

/** What is done once a night or by the hour, and keeps nobody waiting. */
function asidesOf(ca: Ca, settings: CaSettings, database: Knex): readonly Aside[] {
  const compared = openNightlyReconcile(ca, settings, openToldDeliveries(database));
  return [openNightlyKeysAudit(ca), compared, openBackupRounds(ca, settings)];
}

async function standFirm(
  cas: IssuingCas,
  parts: Omit<StandingGround, 'ca'>,
  { standing = refuseSetBack }: CaSurroundings,
): Promise<void> {
  try {
    await standing({ ca: cas.active(), ...parts });
  } catch (error) {
    await cas.close();
    throw error;
  }
}

/** Who signs knows every table: what a later release remembers there (a key that is blocked, say) binds it. */
async function requireOwnTables(database: Knex): Promise<void> {
  const ahead = await requireCaTables(database);
  if (ahead.length > 0) throw new PkiError('tablesUnfit', { behind: [], ahead });
}

interface Locked {
  readonly folder: string;
  readonly store: Store;
  readonly keys: KeyStores;
}

/** Unlocking a key takes 32 MiB for a moment (scrypt): done before the home takes its own, which may be long. */
async function unlock(
  settings: CaSettings,
  { folder, store, keys }: Locked,
): Promise<{ readonly known: readonly NamedIssuer[]; readonly auditKeys: KeyStore }> {
  const anchors = await openAnchors(folder);
  if (pinnedIssuers(anchors).length === 0) throw new PkiError('notInitialised', { home: settings.home });
  const passphrase = readPassphrase(settings.passphraseFile);
  const auditKeys = openEncryptedFileKeyStore({ folder: join(folder, 'keys'), passphrase });
  if ((await auditKeys.labels()).includes('audit')) await auditKeys.open('audit');
  return { known: await openIssuers(anchors, { home: folder, store, keys }), auditKeys };
}

function commonParts(settings: CaSettings, store: Store, surroundings: CaSurroundings) {
  return {
    relyingParty: relyingPartyOf(settings.approvalUrl),
    policies: readPolicies(settings.policies),
    store,
    clock: surroundings.clock ?? systemClock,
    log: surroundings.log,
    subjectKeys: openSubjectKeys(),
    atFailpoint: surroundings.atFailpoint ?? (() => Promise.resolve()),
  };
}

export function urlsOf({ ocspUrl, crlUrl }: Pick<CaSettings, 'ocspUrl' | 'crlUrl'>, name = 'issuing'): CaUrls {
  return {
    ocsp: `${ocspUrl}/`,
    caIssuers: `${crlUrl}/ca/${name}.cer`,
    crl: shard => `${crlUrl}/crl/${name}/${shard}.crl`,
  };
}

/** RP ID and origin of the approval desk's pages. */
export function relyingPartyOf(approvalUrl: string): { readonly rpId: string; readonly origin: string } {
  const { hostname, origin } = new URL(approvalUrl);
  return { rpId: hostname, origin };
}

/** The log is the home's, by the name of its first CA. Its own key lives beside the CA's, its checkpoints in the home and, where there is one, in a second place. */
async function openAudit(
  { ca, first }: { readonly ca: Ca; readonly first: Ca },
  settings: CaSettings,
  keys: KeyStore,
): Promise<AuditSequencer> {
  const { auditCopy } = settings;
  return openAuditSequencer({
    store: ca.store.audit,
    files: openCheckpointFiles(join(settings.home, 'ca', 'audit')),
    copy: auditCopy === undefined ? undefined : openCheckpointFiles(auditCopy),
    lateEvents: ca.home.lateEvents,
    key: await openAuditKey(keys, `${new URL(settings.crlUrl).host}/audit/${first.id.slice(0, 16)}`),
    clock: ca.clock,
    every: ca.policies.schedule.audit.sequenceEvery,
    onCopy: fault => tellOfCopy(ca, fault),
  });
}

async function tellOfCopy(ca: Ca, fault: string | undefined): Promise<void> {
  if (fault !== undefined) ca.log.error({ fault }, 'the second place of the audit checkpoints cannot be written');
  const state = fault === undefined ? ('green' as const) : ('red' as const);
  await ca.store.states.beat({ service: 'audit-copy', state, detail: fault ?? '', seenAt: ca.clock.now() });
}
