/** The rehearsal of a mass revocation: from the second signature until nobody is told that one of them is good. */
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../ca-core/clock.ts';
import { encodeSerialList, openStore, putMassRevocations, readCrl, type Store } from '../../ca-core/index.ts';
import { checkPki } from '../../test/support/check-pki.ts';
import { settingOf } from '../settings.ts';
import { approve, placeApprovedOrders } from './approved-orders.ts';
import type { BenchWish, Figure, Measured, Round } from './figure.ts';
import { openGround, type Ground } from './ground.ts';
import { known } from './ocsp-ground.ts';
import { refuseRefusals, untilLeft } from './open-orders.ts';
import { openAsker, type Asker } from './soak-asker.ts';
import { openTruth } from './soak-truth.ts';

const name = 'revoke.mass';

/** Seconds from the second signature. */
interface Rehearsed {
  readonly revoked: number;
  readonly published: number;
  readonly told: number;
  /** The slowest of the certificates that were issued meanwhile, from its order. */
  readonly issuing: number;
}

export const massFigure: Figure = {
  name,
  meaning: '10,000 certificates revoked by one document: until the CRL is published and OCSP tells of each',
  measure: async wish => {
    const runs: Rehearsed[] = [];
    for (let round = 0; round < wish.rounds; round++) runs.push(await rehearse(wish));
    const measured = (part: string, of: (run: Rehearsed) => number): Measured => {
      const rounds: Round[] = runs.map(run => ({ value: of(run), yardstick: null }));
      return { name: part, unit: 's', against: '', rounds };
    };
    return [
      { ...measured(name, run => run.told), bound: { of: 'value', at: 'most', aim: 60 } },
      measured(`${name}.revoked`, run => run.revoked),
      measured(`${name}.published`, run => run.published),
      measured(`${name}.issuing`, run => run.issuing),
    ];
  },
};

async function rehearse({ count = 10_000 }: BenchWish): Promise<Rehearsed> {
  const ground = await openGround();
  const services = (['ca-core', 'ocsp-responder', 'crl-publisher'] as const).map(one => ground.launch(one));
  try {
    await Promise.all(services.map(service => service.ready));
    await placeApprovedOrders({ ...ground, count });
    await untilLeft(ground, 0);
    await refuseRefusals(ground);
    const outcome = await revokeAll(ground, count);
    const faults = await checkPki(ground);
    if (faults.length > 0) throw new Error(faults.join('\n'));
    return outcome;
  } finally {
    await Promise.all(services.map(service => service.end()));
    await ground.close();
  }
}

async function revokeAll(ground: Ground, count: number): Promise<Rehearsed> {
  const store = openStore(ground.database);
  const { issuer, url } = await known(ground);
  const asker = openAsker({ url, issuer, truth: await openTruth(ground) });
  const rows = await store.certificates.page(ground.ca, '', count + 100);
  const certificates = rows.filter(({ caseId }) => caseId !== null);
  const serials = certificates.map(one => one.serialNumber);
  const digest = await signedDocument(ground, store, certificates);
  const start = performance.now();
  const since = (): number => (performance.now() - start) / 1_000;
  const issuing = issueOne(ground, since);
  await until(async () => (await store.massRevocations.of(digest))?.state === 'applied');
  const revoked = since();
  const [published, told] = await Promise.all([
    until(() => isPublished(ground, serials)).then(since),
    untilAllTold(asker, serials).then(since),
  ]);
  const { wrong } = asker.counts();
  if (wrong.length > 0) throw new Error(wrong.join('\n'));
  return { revoked, published, told, issuing: await issuing };
}

/** The time runs from when the last of both signatures is recorded. */
async function signedDocument(
  ground: Ground,
  store: Store,
  certificates: readonly { readonly issuer: string; readonly serialNumber: string }[],
): Promise<string> {
  const by = { service: 'console', actor: 'operator' };
  const about = { reason: 'cessationOfOperation', invalidityDate: null, chosenBy: 'a rehearsal' } as const;
  const [made] = await putMassRevocations(store, { certificates, ...about, at: systemClock.now(), by });
  const document = (await store.documents.find(made?.digest ?? ''))?.document;
  if (document === undefined) throw new Error('There is no document.');
  return approve(ground, document, ground.database);
}

/** Seconds until a certificate that is ordered now is issued, while the others are revoked. */
async function issueOne(ground: Ground, since: () => number): Promise<number> {
  const from = since();
  const [caseId = ''] = await placeApprovedOrders({ ...ground, count: 1 });
  await until(async () => (await openStore(ground.database).certificates.ofCase(caseId)) !== undefined);
  return since() - from;
}

async function isPublished({ settings }: Ground, serials: readonly string[]): Promise<boolean> {
  const answer = await fetch(`${settingOf(settings, 'KAKUIN_CRL_URL')}/crl/issuing/0.crl`);
  if (!answer.ok) return false;
  const listed = encodeSerialList([...readCrl(new Uint8Array(await answer.arrayBuffer())).entries].map(entryOf));
  return listed === encodeSerialList(serials);
}

const entryOf = (entry: { readonly serialNumber: string }): string => entry.serialNumber;

/** Each is asked about until it is told as revoked, some at a time. */
async function untilAllTold(asker: Asker, serials: readonly string[]): Promise<void> {
  const left = [...serials];
  const ask = async (): Promise<void> => {
    for (let serial = left.pop(); serial !== undefined; serial = left.pop()) {
      const one = serial;
      await until(async () => (await asker.ask(one, 'POST')) === 'revoked');
    }
  };
  await Promise.all(Array.from({ length: 8 }, ask));
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(50);
}
