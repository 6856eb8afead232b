/** When a CRL is due, and what is in it: the CA core decides both; an order only wakes it (design §1). */
import type { Ca } from './ca.ts';
import type { UnixTime } from './clock.ts';
import { refuseAny } from './check-order.ts';
import { tbsHash } from './home/signer-log.ts';
import { isStatusTouched, reconcileStatus } from './revoke.ts';
import type { CrlRow } from './store/crls.ts';
import { encodeTbsCertList } from './x509/crl.ts';
import type { CrlEntry } from './x509/crl-entries.ts';
import { lintTbsCertList } from './x509/crl-lint.ts';
import { signed } from './x509/signed.ts';

/** Makes the next full CRL if one is due. Whether it did. */
export async function makeCrlIfDue(ca: Ca): Promise<boolean> {
  const newest = await ownNewest(ca);
  if (!(await isDue(ca, newest))) return false;
  await reconcileStatus(ca);
  await makeCrl(ca);
  return true;
}

/** The last CRL that this home signed, as recorded. Rows above it are another hand's and would hide every true one. */
async function ownNewest(ca: Ca): Promise<CrlRow | undefined> {
  const { crlNumber } = ca.home.signerLog.lastCrl();
  const newest = await ca.store.crls.newest(ca.id);
  if (newest === undefined || newest.crlNumber === crlNumber) return newest;
  if (newest.crlNumber < crlNumber) return undefined;
  await ca.store.crls.discardAbove(ca.id, crlNumber);
  ca.log.error({ crlNumber: newest.crlNumber }, 'a CRL that this CA core did not make was taken out');
  return ownNewest(ca);
}

async function isDue(ca: Ca, newest: CrlRow | undefined): Promise<boolean> {
  const { minInterval, overdueAfter } = ca.policies.schedule.crl;
  const age = ca.clock.now() - ca.home.signerLog.lastCrl().at;
  if (age < minInterval) return false;
  // Signed and not recorded: a crash, or a row that somebody took away. The next number is made.
  if (age >= overdueAfter || newest === undefined) return true;
  if ((await ca.store.crls.waiting(ca.id)) > 0) return true;
  return (await isStatusTouched(ca)) || (await ca.store.status.lastRevocationSeq()) > newest.throughSeq;
}

async function makeCrl(ca: Ca): Promise<void> {
  const throughSeq = await ca.store.status.lastSeq();
  const entries = entriesOf(ca);
  const thisUpdate = ca.clock.now();
  const nextUpdate = thisUpdate + ca.policies.schedule.crl.nextUpdateAfter;
  const crlNumber = ca.home.signerLog.lastCrl().crlNumber + 1;
  const { certificate, key, keyIdentifier } = ca.issuer;
  const names = {
    issuer: certificate.subject,
    signatureAlgorithm: key.algorithm,
    authorityKeyIdentifier: keyIdentifier,
  };
  const tbs = encodeTbsCertList({ ...names, thisUpdate, nextUpdate, entries, crlNumber: BigInt(crlNumber) });
  refuseAny('lintFailed', lintTbsCertList(tbs, names));
  await ca.home.signerLog.append([{ kind: 'crl', at: thisUpdate, crlNumber, tbs: tbsHash(tbs) }]);
  const crl = await signed(tbs, key);
  const details = { entries: String(entries.length), tbs: tbsHash(tbs) };
  const event = {
    at: thisUpdate,
    service: 'ca-core',
    action: 'crl.issued',
    actor: 'ca-core',
    subject: String(crlNumber),
    details,
  };
  await ca.store.crls.record(
    { issuer: ca.id, crlNumber, crl, thisUpdate, nextUpdate, entries: entries.length, throughSeq },
    event,
  );
}

/** Revoked and not expired; one that expired stays until it stood on a CRL made after its end (RFC 5280 §3.3). */
function entriesOf(ca: Ca): readonly CrlEntry[] {
  const oldest: UnixTime = ca.clock.now() - ca.policies.schedule.crl.nextUpdateAfter;
  const entries: CrlEntry[] = [];
  for (const { change, serialNumber, reason, revokedAt, invalidityDate, notAfter } of ca.home.statusJournal.current()) {
    if (change !== 'revoked' || revokedAt === null || notAfter < oldest) continue;
    entries.push({ serialNumber, revokedAt, reason, invalidityDate });
  }
  return entries;
}
