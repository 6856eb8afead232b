/** The CRLs of a number, from the journal to the database: written, linted, logged, signed, recorded. */
import { join } from 'node:path';
import type { Ca } from './ca.ts';
import type { UnixTime } from './clock.ts';
import { refuseAny } from './check-order.ts';
import { writePieces, writeSigned, type OctetsFile } from './crl-file.ts';
import { planLists, type ListPlan } from './crl-lists.ts';
import { takeStep } from './failpoints.ts';
import type { NumberedFullCrl } from './home/signer-log.ts';
import type { CrlMark } from './store/crls.ts';
import { tbsCertListPieces, type TbsCertListInput } from './x509/crl.ts';
import type { CrlEntry } from './x509/crl-entries.ts';
import { lintTbsCertList } from './x509/crl-lint.ts';
import { piecesOf } from './x509/octets.ts';

/** A list of which the TBSCertList is in a file. */
interface WrittenList {
  readonly plan: ListPlan;
  readonly tbs: OctetsFile;
  readonly entries: number;
}

interface SignedList extends WrittenList {
  readonly crl: OctetsFile;
}

/** Makes the next number: full lists and the deltas that go with earlier ones, or only deltas. */
export async function makeCrl(ca: Ca, kind: 'full' | 'delta'): Promise<void> {
  const throughSeq = await ca.store.status.lastSeq();
  const { signed, mark } = await signLists(ca, kind, throughSeq);
  try {
    const [first] = signed;
    const details = { entries: String(mark.entries), tbs: first?.tbs.hash ?? '', lists: mark.lists.join(' ') };
    const event = {
      at: ca.clock.now(),
      service: 'ca-core',
      action: 'crl.issued',
      actor: 'ca-core',
      subject: String(mark.crlNumber),
      details,
    };
    const lists = signed.map(({ plan, crl }) => ({
      name: plan.name,
      octets: { [Symbol.iterator]: () => piecesOf(crl.octets) },
    }));
    await takeStep(ca, 'crl.record', () => ca.store.crls.recordLists(mark, lists, event));
  } finally {
    for (const { tbs, crl } of signed) [tbs, crl].forEach(file => file.remove());
  }
}

interface SignedLists {
  readonly signed: readonly SignedList[];
  readonly mark: CrlMark;
}

/** The lists of the next number in signed, synced files in the home; they are the caller's to remove. */
export async function signLists(ca: Ca, kind: 'full' | 'delta', throughSeq: number): Promise<SignedLists> {
  const files: OctetsFile[] = [];
  const keep = (file: OctetsFile): OctetsFile => (files.push(file), file);
  try {
    return await signNext({ ca, kind, throughSeq, keep });
  } catch (error) {
    for (const file of files) file.remove();
    throw error;
  }
}

interface Making {
  readonly ca: Ca;
  readonly kind: 'full' | 'delta';
  readonly throughSeq: number;
  /** Told of each file that is open. */
  readonly keep: (file: OctetsFile) => OctetsFile;
}

async function signNext({ ca, kind, throughSeq, keep }: Making): Promise<SignedLists> {
  const { signerLog, statusJournal, crlFolder } = ca.home;
  const last = signerLog.lastCrl();
  const decisions = statusJournal.decisions();
  // Whatever the clock does: no time on a CRL goes back, and nothing on it was revoked after it was made.
  const thisUpdate = Math.max(ca.clock.now(), last.at, statusJournal.latestAt());
  const crlNumber = last.crlNumber + 1;
  const plans = plansOf(ca, kind, thisUpdate);
  const written: WrittenList[] = [];
  for (const plan of plans) {
    written.push(await takeStep(ca, 'crl.write', () => writeList(ca, plan, { crlNumber, thisUpdate, keep })));
  }
  const [first, ...others] = written;
  if (first === undefined) throw new Error('no list was wanted');
  const ofAll = kind === 'full' ? written.filter(({ plan }) => plan.base === undefined && !isPart(plan)) : written;
  const entries = ofAll.reduce((sum, list) => sum + list.entries, 0);
  const full = kind === 'full' ? { full: { decisions, entries, isSharded: plans.some(isPart) } } : {};
  const line = { at: thisUpdate, crlNumber, tbs: first.tbs.hash, others: others.map(({ tbs }) => tbs.hash) };
  await takeStep(ca, 'crl.log', () => signerLog.append([{ kind: 'crl', ...line, ...full }]));
  const signed: SignedList[] = [];
  for (const list of written) {
    const file = join(crlFolder, `${list.plan.name}.crl`);
    const crl = await takeStep(ca, 'crl.sign', () => writeSigned(file, list.tbs.octets, ca.issuer.key));
    signed.push({ ...list, crl: keep(crl) });
  }
  const complete = kind === 'full' ? first.plan.name : null;
  const lists = plans.map(({ name }) => name);
  const nextUpdate = nextUpdateOf(ca, first.plan, thisUpdate);
  return { signed, mark: { issuer: ca.id, crlNumber, thisUpdate, nextUpdate, entries, throughSeq, lists, complete } };
}

const isPart = ({ distributionPoint }: ListPlan): boolean => distributionPoint !== undefined;

/** Shards never become fewer: certificates with their CDPs are about. */
function plansOf(ca: Ca, kind: 'full' | 'delta', now: UnixTime): readonly ListPlan[] {
  const { shards, delta } = ca.policies.schedule.crl;
  const all = Math.max(shards, ca.home.signerLog.highestShard() + 1);
  const base = delta === null ? undefined : baseFor(ca, all > 1, now - delta.baseAge);
  return planLists({ kind, shards: all, base, url: ca.urls.crl });
}

/** The newest full CRL of the same scope that is so old that most relying parties have it or a newer one; else the oldest. */
function baseFor(ca: Ca, isSharded: boolean, oldEnough: UnixTime): NumberedFullCrl | undefined {
  const fulls = ca.home.signerLog.fullCrls();
  const from = fulls.findLastIndex(one => one.isSharded !== isSharded) + 1;
  const fitting = fulls.slice(from);
  return fitting.findLast(({ at }) => at <= oldEnough) ?? fitting[0];
}

async function writeList(
  ca: Ca,
  plan: ListPlan,
  { crlNumber, thisUpdate, keep }: Pick<Making, 'keep'> & { readonly crlNumber: number; readonly thisUpdate: UnixTime },
): Promise<WrittenList> {
  const { certificate, key, keyIdentifier } = ca.issuer;
  const entries = entriesOf(ca, plan, thisUpdate);
  const input: TbsCertListInput = {
    issuer: certificate.subject,
    signatureAlgorithm: key.algorithm,
    authorityKeyIdentifier: keyIdentifier,
    thisUpdate,
    nextUpdate: nextUpdateOf(ca, plan, thisUpdate),
    entries,
    crlNumber: BigInt(crlNumber),
    baseNumber: plan.base === undefined ? undefined : BigInt(plan.base.crlNumber),
    distributionPoint: plan.distributionPoint,
    freshestCrl: plan.freshestCrl,
  };
  const tbs = keep(await writePieces(join(ca.home.crlFolder, `${plan.name}.tbs`), tbsCertListPieces(input)));
  const scope = {
    distributionPoint: plan.distributionPoint ?? null,
    kind: plan.base === undefined ? ('full' as const) : ('delta' as const),
  };
  const expectation = {
    issuer: certificate.subject,
    authorityKeyIdentifier: keyIdentifier,
    scope,
    takeIn: takeInOnce(ca),
  };
  refuseAny('lintFailed', lintTbsCertList(tbs.octets, expectation));
  return { plan, tbs, entries: entries.count() };
}

/** Each certificate of the journal once, and no other. */
function takeInOnce({ home: { statusJournal } }: Ca): (serialNumber: string) => boolean {
  const seen = new Uint8Array(statusJournal.count());
  return serialNumber => {
    const place = statusJournal.placeOf(serialNumber);
    if (place === undefined || seen[place] !== 0) return false;
    seen[place] = 1;
    return true;
  };
}

function nextUpdateOf(ca: Ca, { base }: ListPlan, thisUpdate: UnixTime): UnixTime {
  const { nextUpdateAfter, delta } = ca.policies.schedule.crl;
  return thisUpdate + (base === undefined || delta === null ? nextUpdateAfter : delta.nextUpdateAfter);
}

interface CountedEntries extends Iterable<CrlEntry> {
  /** How many there were when they were last walked. */
  readonly count: () => number;
}

/** Revoked and not expired; one that expired stays until it stood on a CRL made after its end (RFC 5280 §3.3). */
function entriesOf(ca: Ca, { base, shard }: ListPlan, thisUpdate: UnixTime): CountedEntries {
  const { statusJournal } = ca.home;
  const oldest: UnixTime = thisUpdate - ca.policies.schedule.crl.nextUpdateAfter;
  let count = 0;
  return {
    count: () => count,
    *[Symbol.iterator]() {
      count = 0;
      for (const status of base === undefined ? statusJournal.current() : statusJournal.since(base.decisions)) {
        const { serialNumber, change, reason, revokedAt, invalidityDate } = status;
        if (status.notAfter < oldest || (shard !== null && (status.shard ?? 0) !== shard)) continue;
        if (change === 'revoked') {
          if (revokedAt === null) continue;
          yield { serialNumber, revokedAt, reason, invalidityDate };
        } else if (base !== undefined) {
          yield { serialNumber, revokedAt: status.at, reason: 'removeFromCRL', invalidityDate: null };
        } else continue;
        count++;
      }
    },
  };
}
