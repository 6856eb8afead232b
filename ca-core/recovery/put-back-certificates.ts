/** Certificates that the signer log knows and the database has lost: intended again, so that the CA core ends them as after a crash. */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { AuditEvent } from '../audit/leaf.ts';
import type { Ca } from '../ca.ts';
import { shardIn } from '../crl-lists.ts';
import { linesOfLog } from '../home/log-lines.ts';
import { tbsHash, type SignerLogEntry } from '../home/signer-log.ts';
import { finishSigner } from '../issue-signer.ts';
import type { RecordedCertificate } from '../store/certificates.ts';
import type { Intention } from '../store/orders.ts';
import type { KnownOrder, RecoveryStore } from '../store/recovery.ts';
import type { Certificate } from '../x509/certificate.ts';
import { fromHex } from '../x509/der.ts';
import { folderOf } from './ca-folders.ts';

/** A certificate of the signer log whose row was gone. */
export interface LostCase {
  readonly caseId: string;
  readonly serialNumber: string;
  /** `recorded`: somebody had the certificate; `signedAgain`: from its TBSCertificate; `gone`: neither is known, only that it is. */
  readonly outcome: 'recorded' | 'signedAgain' | 'gone';
  /** Whether its order and approvals are still in the database. */
  readonly hasOrder: boolean;
  /** Whether a key or PKCS#12 that was made for it is. */
  readonly hasDelivery: boolean;
}

type CertificateLine = SignerLogEntry & { readonly kind: 'certificate' };

export interface PutBackGround {
  readonly ca: Ca;
  readonly recovery: RecoveryStore;
  /** KAKUIN_HOME. */
  readonly home: string;
  /** Certificates of this CA that were brought, by the hash of their TBSCertificate. */
  readonly brought: ReadonlyMap<string, Certificate>;
}

const linesAtOnce = 500;

/** Told case by case. The CA core signs again what nobody brought, at its next turn. */
export async function* putBackCertificates(ground: PutBackGround): AsyncGenerator<LostCase, void> {
  const { ca, home } = ground;
  let lines: CertificateLine[] = [];
  for await (const line of linesOfLog<SignerLogEntry>(join(home, 'ca', folderOf(ca).folder, 'signer.log'))) {
    if (line.kind === 'signer') await putBackSigner(ground, line);
    if (line.kind !== 'certificate') continue;
    lines.push(line);
    if (lines.length < linesAtOnce) continue;
    yield* putBack(ground, lines);
    lines = [];
  }
  yield* putBack(ground, lines);
}

async function* putBack(ground: PutBackGround, lines: readonly CertificateLine[]): AsyncGenerator<LostCase, void> {
  const { ca, recovery } = ground;
  const serials = await recovery.recorded(
    ca.id,
    lines.map(({ serialNumber }) => serialNumber),
  );
  const lost = lines.filter(({ serialNumber }) => !serials.has(serialNumber));
  if (lost.length === 0) return;
  const cases = lost.map(({ caseId }) => caseId);
  const [orders, intended] = [await recovery.ordersOf(cases), await recovery.intended(cases)];
  const delivered = await recovery.delivered(cases);
  const made = lost.flatMap(line => intentionOf(ground, line, orders.get(line.caseId)) ?? []);
  const anew = made.filter(({ caseId }) => !intended.has(caseId));
  await recovery.intendAgain(
    anew,
    anew.map(one => intendedEvent(ca, one)),
  );
  await recordBrought(ground, made);
  for (const { caseId, serialNumber, tbs } of lost) {
    const isKnown = made.some(one => one.caseId === caseId) || intended.has(caseId);
    const outcome = ground.brought.has(tbs) ? 'recorded' : isKnown ? 'signedAgain' : 'gone';
    yield { caseId, serialNumber, outcome, hasOrder: orders.has(caseId), hasDelivery: delivered.has(caseId) };
  }
}

/** Undefined where no place has the TBSCertificate. */
function intentionOf(
  { ca, brought }: PutBackGround,
  line: CertificateLine,
  order: KnownOrder | undefined,
): Intention | undefined {
  const written = line.tbsCertificate;
  const tbsCertificate =
    written === undefined ? brought.get(line.tbs)?.tbs : new Uint8Array(Buffer.from(written, 'base64'));
  if (tbsCertificate === undefined || tbsHash(tbsCertificate) !== line.tbs) return undefined;
  const { caseId, serialNumber, digest: caseDigest, profile = 'unknown' } = line;
  const orderId = order?.id ?? randomUUID();
  const content = { orderId, caseId, caseDigest, issuer: ca.id, serialNumber, profile, tbsCertificate };
  return { ...content, mac: ca.home.intentionKey.seal(content) };
}

async function recordBrought({ ca, brought }: PutBackGround, made: readonly Intention[]): Promise<void> {
  const at = ca.clock.now();
  const rows = made.flatMap(
    ({ orderId, caseId, issuer, serialNumber, profile, tbsCertificate }): RecordedCertificate[] => {
      const certificate = brought.get(tbsHash(tbsCertificate));
      if (certificate === undefined) return [];
      const { der, notBefore, notAfter } = certificate;
      const ids = { orderId, caseId, issuer, serialNumber, profile, crlShard: shardIn(certificate) };
      return [{ ...ids, certificate: der, notBefore, notAfter }];
    },
  );
  if (rows.length > 0)
    await ca.store.orders.issue(
      rows,
      rows.map(row => recordedEvent(ca, row)),
      at,
    );
}

/** The responder's, whose line has all that is to be signed. */
async function putBackSigner(
  { ca, recovery }: PutBackGround,
  line: SignerLogEntry & { readonly kind: 'signer' },
): Promise<void> {
  const { serialNumber, tbsCertificate, request = '' } = line;
  if (tbsCertificate === undefined || (await recovery.recorded(ca.id, [serialNumber])).has(serialNumber)) return;
  await finishSigner(ca, request, fromHex(tbsCertificate));
}

const common = (ca: Ca) => ({ at: ca.clock.now(), service: 'ca-core', actor: 'recovery' });

const intendedEvent = (ca: Ca, { caseId, serialNumber, caseDigest, profile }: Intention): AuditEvent => ({
  ...common(ca),
  action: 'certificate.intended',
  subject: caseId,
  details: { serialNumber, digest: caseDigest, profile, recovered: 'yes' },
});

const recordedEvent = (ca: Ca, { caseId, serialNumber, profile, certificate }: RecordedCertificate): AuditEvent => ({
  ...common(ca),
  action: 'certificate.issued',
  subject: caseId ?? serialNumber,
  details: { serialNumber, profile, certificate: tbsHash(certificate), recovered: 'yes' },
});
