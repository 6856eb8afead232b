/** The CA core, put together: its certificate and key, its home, its store, and what it does turn by turn. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { openAuditSequencer, type AuditSequencer } from './audit/sequencer.ts';
import type { Ca, CaUrls, Issuer } from './ca.ts';
import { systemClock, type Clock } from './clock.ts';
import { PkiError } from './errors.ts';
import { finishInterrupted } from './finish-intentions.ts';
import { anchoredRoll, followRoll } from './follow-roll.ts';
import { openHome } from './home/home.ts';
import { takeSeat } from './home/lock.ts';
import { issueBatch } from './issue.ts';
import { issueSigners } from './issue-signer.ts';
import { openEncryptedFileKeyStore } from './keys/encrypted-file-key-store.ts';
import type { Log } from './log.ts';
import { makeCrlIfDue } from './make-crl.ts';
import { readPolicies } from './profiles/read-policies.ts';
import { applyRevocations, reconcileStatus } from './revoke.ts';
import { readPassphrase, type CaSettings } from './settings.ts';
import { openDatabase } from './store/database.ts';
import { encodeDocument, digestOf } from './approvals/documents.ts';
import { openStore, type Store } from './store/store.ts';
import { readCertificate } from './x509/certificate.ts';
import { equalBytes } from './x509/der.ts';
import { keyIdentifier } from './x509/public-key.ts';

export interface OpenCa {
  readonly ca: Ca;
  /** One round of everything; true when there was work, so that the next round should come at once. */
  readonly turn: () => Promise<boolean>;
  readonly close: () => Promise<void>;
}

export interface CaSurroundings {
  readonly log: Log;
  readonly clock?: Clock;
  readonly atStep?: Ca['atStep'];
}

/** Opens the CA of a home. Throws notInitialised, alreadyRunning, passphraseWrong, policyInvalid, auditBroken. */
export async function openCa(settings: CaSettings, surroundings: CaSurroundings): Promise<OpenCa> {
  const folder = join(settings.home, 'ca');
  const seat = takeSeat(folder);
  const database = openDatabase(settings.database);
  try {
    const store = openStore(database);
    const issuer = await openIssuer(settings, store);
    const home = await openHome(folder);
    const ca: Ca = {
      id: createHash('sha256').update(issuer.certificate.subjectPublicKeyInfo).digest('hex'),
      issuer,
      urls: urlsOf(settings),
      relyingParty: relyingPartyOf(settings.approvalUrl),
      policies: readPolicies(settings.policies),
      store,
      home,
      clock: surroundings.clock ?? systemClock,
      log: surroundings.log,
      atStep: surroundings.atStep ?? (() => Promise.resolve()),
    };
    const sequencer = await openAuditSequencer(store.audit, home.anchors.auditHead);
    await resume(ca);
    const close = async (): Promise<void> => {
      await home.close();
      await database.destroy();
      seat.leave();
    };
    return { ca, turn: resumingAfterFailure(ca, () => turn(ca, sequencer)), close };
  } catch (error) {
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

async function openIssuer(settings: CaSettings, store: Store): Promise<Issuer> {
  const row = (await store.issuers.list()).find(one => one.role === 'issuing');
  if (row === undefined) throw new PkiError('notInitialised', { home: settings.home });
  const passphrase = readPassphrase(settings.passphraseFile);
  const keys = openEncryptedFileKeyStore({ folder: join(settings.home, 'ca', 'keys'), passphrase });
  const key = await keys.open('issuing');
  const certificate = readCertificate(row.certificate);
  // The certificate comes from the database, the key from the home: only together are they this CA.
  if (!equalBytes(certificate.subjectPublicKeyInfo, key.publicKey))
    throw new PkiError('signerUnfit', { reason: 'key and certificate' });
  return { certificate, key, keyIdentifier: keyIdentifier(key.publicKey) };
}

/** After a crash: nothing is half done for long. */
async function resume(ca: Ca): Promise<void> {
  const anchored = anchoredRoll(ca.home.anchors);
  if (anchored !== undefined) {
    const text = encodeDocument(anchored.roll);
    const authorisedBy = ca.home.anchors.rolls.newest()?.content.authorisedBy ?? 'console';
    await ca.store.rolls.add({
      number: anchored.roll.number,
      digest: digestOf(text),
      text,
      authorisedBy,
      at: ca.clock.now(),
    });
  }
  await ca.store.orders.reclaim();
  await finishInterrupted(ca);
  await reconcileStatus(ca);
}

/** A turn that failed may have left work claimed or intended: the next one begins there. */
function resumingAfterFailure(ca: Ca, take: () => Promise<boolean>): () => Promise<boolean> {
  let hasFailed = false;
  return async () => {
    if (hasFailed) await resume(ca);
    hasFailed = true;
    const worked = await take();
    hasFailed = false;
    return worked;
  };
}

async function turn(ca: Ca, sequencer: AuditSequencer): Promise<boolean> {
  const roll = await followRoll(ca);
  const revoked = await applyRevocations(ca, roll);
  const signers = await issueSigners(ca);
  const crl = await makeCrlIfDue(ca);
  // Where the log cannot be written nothing is issued: this throws before the batch is claimed (design §3).
  const sequenced = await sequencer.sequence();
  const orders = roll === undefined ? 0 : await issueBatch(ca, `ca-core ${process.pid}`, roll);
  return revoked + signers + orders + sequenced > 0 || crl;
}
