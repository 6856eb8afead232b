/** From a recorded intention to a recorded certificate; after a crash this is where the work goes on (design §3). */
import type { AuditEvent } from './audit/leaf.ts';
import { allOf, caFor, type Ca } from './ca.ts';
import type { UnixTime } from './clock.ts';
import { takeStep } from './failpoints.ts';
import { shardIn } from './crl-lists.ts';
import { keyHash, tbsHash, type SignerLogEntry } from './home/signer-log.ts';
import type { RecordedCertificate } from './store/certificates.ts';
import type { Intention } from './store/orders.ts';
import { readTbsCertificate, type TbsCertificateFields } from './x509/certificate.ts';
import { signed } from './x509/signed.ts';

export interface IntentionToFinish {
  readonly intention: Intention;
  /** As they were read in its TBSCertificate. */
  readonly fields: TbsCertificateFields;
}

/** Logs outside the database, signs, verifies, records. */
export async function finishIntentions(ca: Ca, toFinish: readonly IntentionToFinish[]): Promise<void> {
  const at = ca.clock.now();
  const read = toFinish.map(one => ({ ...one, shard: shardIn(one.fields) }));
  await takeStep(ca, 'order.log', () => ca.home.signerLog.append(unloggedOf(ca, read, at)));
  const certificates = await takeStep(ca, 'order.sign', () => Promise.all(read.map(one => signIntention(ca, one))));
  const events = certificates.map(one => issuedEvent(one, at));
  await takeStep(ca, 'order.record', () => ca.store.orders.issue(certificates, events, at));
}

interface ReadIntention extends IntentionToFinish {
  readonly shard: number;
}

function unloggedOf(ca: Ca, read: readonly ReadIntention[], at: UnixTime): SignerLogEntry[] {
  const unlogged = read.filter(({ intention }) => ca.home.signerLog.tbsOfCase(intention.caseId) === undefined);
  return unlogged.map(({ intention, fields, shard }) => ({
    kind: 'certificate',
    at,
    caseId: intention.caseId,
    digest: intention.caseDigest,
    serialNumber: intention.serialNumber,
    notAfter: fields.notAfter,
    tbs: tbsHash(intention.tbsCertificate),
    key: keyHash(fields.subjectPublicKeyInfo),
    ...(shard === 0 ? {} : { shard }),
  }));
}

/**
 * What an earlier run wrote down and did not finish, and no busy worker is at. A row that this home did not write is
 * taken out, never signed.
 */
export async function finishInterrupted(ca: Ca, busy: readonly string[]): Promise<void> {
  for (;;) {
    const intentions = await ca.store.orders.unfinished(200, busy);
    if (intentions.length === 0) return;
    const own = intentions.filter(intention => isOwn(caFor(ca, intention.issuer), intention));
    for (const foreign of intentions.filter(intention => !own.includes(intention))) {
      await ca.store.orders.disown(foreign, disownedEvent(ca, foreign));
      ca.log.error({ caseId: foreign.caseId }, 'an intention that this CA core did not write was taken out unsigned');
    }
    for (const one of allOf(ca)) {
      const toFinish = own
        .filter(({ issuer }) => issuer === one.id)
        .map(intention => ({ intention, fields: readTbsCertificate(intention.tbsCertificate) }));
      if (toFinish.length > 0) await finishIntentions(one, toFinish);
    }
  }
}

/** Sealed by this home, and the one TBS of its case. */
function isOwn(ca: Ca, intention: Intention): boolean {
  const logged = ca.home.signerLog.tbsOfCase(intention.caseId);
  return (
    intention.issuer === ca.id &&
    ca.home.intentionKey.holds(intention) &&
    (logged === undefined || logged === tbsHash(intention.tbsCertificate))
  );
}

async function signIntention(ca: Ca, { intention, fields, shard }: ReadIntention): Promise<RecordedCertificate> {
  const certificate = await signed(intention.tbsCertificate, ca.issuer.key);
  const { notBefore, notAfter } = fields;
  const { orderId, caseId, issuer, serialNumber, profile } = intention;
  return {
    orderId,
    caseId,
    issuer,
    serialNumber,
    profile,
    crlShard: shard,
    certificate,
    notBefore,
    notAfter,
  };
}

function issuedEvent(certificate: RecordedCertificate, at: UnixTime): AuditEvent {
  const { caseId, serialNumber, profile } = certificate;
  const details = { serialNumber, profile, certificate: tbsHash(certificate.certificate) };
  return {
    at,
    service: 'ca-core',
    action: 'certificate.issued',
    actor: 'ca-core',
    subject: caseId ?? serialNumber,
    details,
  };
}

function disownedEvent(ca: Ca, intention: Intention): AuditEvent {
  const details = { serialNumber: intention.serialNumber, tbs: tbsHash(intention.tbsCertificate) };
  return {
    at: ca.clock.now(),
    service: 'ca-core',
    action: 'intention.disowned',
    actor: 'ca-core',
    subject: intention.caseId,
    details,
  };
}
