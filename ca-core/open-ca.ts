/** The CA core, put together: its certificate and key, its home, its store, and what it does turn by turn. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openAuditKey } from './audit/audit-key.ts';
import { openCheckpointFiles } from './audit/checkpoint-files.ts';
import { openAuditSequencer, type AuditSequencer } from './audit/sequencer.ts';
import type { Ca, CaUrls, Issuer } from './ca.ts';
import { systemClock, type Clock } from './clock.ts';
import { PkiError } from './errors.ts';
import { openAnchors, openHome } from './home/home.ts';
import { takeSeat } from './home/lock.ts';
import { openEncryptedFileKeyStore } from './keys/encrypted-file-key-store.ts';
import type { KeyStore } from './keys/key-store.ts';
import { openKeyStore } from './keys/open-key-store.ts';
import { workerAt, type Worker } from './leadership.ts';
import type { Log } from './log.ts';
import { readPolicies } from './profiles/read-policies.ts';
import { readPassphrase, type CaSettings } from './settings.ts';
import { openDatabase } from './store/database.ts';
import { openStore, type Store } from './store/store.ts';
import { openWakeUps, type WakeUps } from './store/wake.ts';
import { turnsOf } from './turn.ts';
import { readCertificate } from './x509/certificate.ts';
import { equalBytes } from './x509/der.ts';
import { keyIdentifier } from './x509/public-key.ts';

export interface OpenCa {
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
  readonly atStep?: Ca['atStep'];
}

/** Opens the CA of a home. Throws notInitialised, alreadyRunning, passphraseWrong, tokenUnavailable, policyInvalid. Nothing is done before the first turn. */
export async function openCa(settings: CaSettings, surroundings: CaSurroundings): Promise<OpenCa> {
  const folder = join(settings.home, 'ca');
  const passphrase = readPassphrase(settings.passphraseFile);
  const keys = openKeyStore({ keys: settings.caKeys ?? 'file', home: folder, passphrase });
  const seat = takeSeat(folder, settings.workers);
  const database = openDatabase(settings.database);
  try {
    const store = openStore(database, events => home.lateEvents.keep(events));
    const issuer = await openIssuer(settings.home, store, keys);
    const home = await openHome(folder);
    const ca: Ca = {
      id: createHash('sha256').update(issuer.certificate.subjectPublicKeyInfo).digest('hex'),
      issuer,
      keyHealth: keys.health,
      urls: urlsOf(settings),
      relyingParty: relyingPartyOf(settings.approvalUrl),
      policies: readPolicies(settings.policies),
      store,
      home,
      clock: surroundings.clock ?? systemClock,
      log: surroundings.log,
      atStep: surroundings.atStep ?? (() => Promise.resolve()),
    };
    const audit = await openAudit(ca, settings);
    const wakeUps = openWakeUps(settings.database);
    const worker = workerAt(seat);
    const turns = turnsOf(ca, audit, worker);
    const close = async (): Promise<void> => {
      await audit.close().catch((error: unknown) => ca.log.error({ error }, 'the last checkpoint was not written'));
      // A database that is away does not keep anybody from stopping: the lease runs out by itself.
      await turns.end().catch(() => undefined);
      await keys.close();
      await wakeUps.close();
      await home.close();
      await database.destroy();
      seat.leave();
    };
    return { ca, worker, turn: turns.take, rest: wakeUps.rest, close };
  } catch (error) {
    await keys.close();
    await database.destroy();
    seat.leave();
    throw error;
  }
}

export function urlsOf({ ocspUrl, crlUrl }: Pick<CaSettings, 'ocspUrl' | 'crlUrl'>): CaUrls {
  return {
    ocsp: `${ocspUrl}/`,
    caIssuers: `${crlUrl}/ca/issuing.cer`,
    crl: shard => `${crlUrl}/crl/issuing/${shard}.crl`,
  };
}

/** RP ID and origin of the approval desk's pages. */
export function relyingPartyOf(approvalUrl: string): { readonly rpId: string; readonly origin: string } {
  const { hostname, origin } = new URL(approvalUrl);
  return { rpId: hostname, origin };
}

async function openIssuer(home: string, store: Store, keys: KeyStore): Promise<Issuer> {
  const row = (await store.issuers.list()).find(one => one.role === 'issuing');
  if (row === undefined) throw new PkiError('notInitialised', { home });
  const key = await keys.open('issuing');
  const certificate = readCertificate(row.certificate);
  await checkPinned(home, row.certificate);
  // The certificate comes from the database, the key from the home: only together are they this CA.
  if (!equalBytes(certificate.subjectPublicKeyInfo, key.publicKey))
    throw new PkiError('signerUnfit', { reason: 'key and certificate' });
  return { certificate, key, keyIdentifier: keyIdentifier(key.publicKey) };
}

/** Throws signerUnfit unless it is the very certificate that the ceremony made. */
async function checkPinned(home: string, certificate: Uint8Array): Promise<void> {
  const pinned = (await openAnchors(join(home, 'ca'))).issuers.newest()?.content.certificate;
  const hash = createHash('sha256').update(certificate).digest('hex');
  if (hash !== pinned) throw new PkiError('signerUnfit', { reason: 'not the certificate of the ceremony' });
}

/** The log's own key lives beside the CA's, its checkpoints in the home and, where there is one, in a second place. */
async function openAudit(ca: Ca, settings: CaSettings): Promise<AuditSequencer> {
  const folder = join(settings.home, 'ca', 'keys');
  const keys = openEncryptedFileKeyStore({ folder, passphrase: readPassphrase(settings.passphraseFile) });
  const { auditCopy } = settings;
  return openAuditSequencer({
    store: ca.store.audit,
    files: openCheckpointFiles(join(settings.home, 'ca', 'audit')),
    copy: auditCopy === undefined ? undefined : openCheckpointFiles(auditCopy),
    lateEvents: ca.home.lateEvents,
    key: await openAuditKey(keys, `${new URL(settings.crlUrl).host}/audit/${ca.id.slice(0, 16)}`),
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
