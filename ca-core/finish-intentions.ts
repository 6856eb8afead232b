/** From a recorded intention to a recorded certificate; after a crash this is where the work goes on (design §3). */
import type { AuditEvent } from './audit/leaf.ts';
import { allOf, caFor, type Ca } from './ca.ts';
import type { UnixTime } from './clock.ts';
import { makeContainer, type WrappedIntention } from './containers.ts';
import { takeStep } from './failpoints.ts';
import { shardIn } from './crl-lists.ts';
import { keyHash, tbsHash, type SignerLogEntry } from './home/signer-log.ts';
import type { RecordedCertificate } from './store/certificates.ts';
import type { Container } from './store/containers.ts';
import type { Intention } from './store/orders.ts';
import { readTbsCertificate, type TbsCertificateFields } from './x509/certificate.ts';
import { signed } from './x509/signed.ts';

export interface IntentionToFinish {
  readonly intention: Intention;
  /** As they were read in its TBSCertificate. */
  readonly fields: TbsCertificateFields;
  /** Where its key leaves in a PKCS#12 (containers.ts). */
  readonly wrappedKey: Uint8Array | null;
}

/** Logs outside the database, signs, verifies, records. */
export async function finishIntentions(ca: Ca, toFinish: readonly IntentionToFinish[]): Promise<void> {
  const at = ca.clock.now();
  const read = toFinish.map(one => ({ ...one, shard: shardIn(one.fields) }));
  await takeStep(ca, 'order.log', () => ca.home.signerLog.append(unloggedOf(ca, read, at)));
  const certificates = await takeStep(ca, 'order.sign', () => Promise.all(read.map(one => signIntention(ca, one))));
  const containers = await containersOf(ca, read, certificates);
  const events = certificates.map(one => issuedEvent(one, { at, containers }));
  await takeStep(ca, 'order.record', () => ca.store.orders.issue(certificates, events, at, containers));
}

/** The PKCS#12 of those whose keys leave in one, several at a time in the thread pool. */
async function containersOf(
  ca: Ca,
  read: readonly ReadIntention[],
  certificates: readonly RecordedCertificate[],
): Promise<readonly Container[]> {
  if (read.every(({ wrappedKey }) => wrappedKey === null)) return [];
  const made = await takeStep(ca, 'order.contain', () =>
    Promise.all(
      certificates.map(async (certificate, at) => {
        const { intention, fields, wrappedKey } = read[at] ?? {};
        if (!intention || !fields || !wrappedKey) return undefined;
        const { subjectPublicKeyInfo } = fields;
        return containerOrAlarm(ca, { intention, subjectPublicKeyInfo, wrappedKey }, certificate);
      }),
    ),
  );
  return made.filter(one => one !== undefined);
}

/** A certificate whose key somebody took away is issued all the same: its serial number is spent, and nobody can use it. */
async function containerOrAlarm(
  ca: Ca,
  wrapped: WrappedIntention,
  certificate: RecordedCertificate,
): Promise<Container | undefined> {
  const container = await makeContainer(ca, wrapped, certificate);
  const { caseId } = wrapped.intention;
  if (container === undefined) ca.log.error({ caseId }, 'a wrapped key is not the one that this CA core wrote');
  return container;
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
    profile: intention.profile,
    tbsCertificate: Buffer.from(intention.tbsCertificate).toString('base64'),
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
    const wrapped = await ca.store.containers.wrappedKeys(own.map(({ caseId }) => caseId));
    for (const one of allOf(ca)) {
      const toFinish = own
        .filter(({ issuer }) => issuer === one.id)
        .map(intention => ({
          intention,
          fields: readTbsCertificate(intention.tbsCertificate),
          wrappedKey: wrapped.get(intention.caseId) ?? null,
        }));
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

interface Issued {
  readonly at: UnixTime;
  readonly containers: readonly Container[];
}

function issuedEvent(certificate: RecordedCertificate, { at, containers }: Issued): AuditEvent {
  const { caseId, serialNumber, profile } = certificate;
  const container = containers.find(one => one.caseId === caseId);
  const form = container === undefined ? {} : { container: container.isCompatible ? 'pkcs12 3DES SHA-1' : 'pkcs12' };
  const details = { serialNumber, profile, certificate: tbsHash(certificate.certificate), ...form };
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
