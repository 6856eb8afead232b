import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { systemClock } from '../../ca-core/clock.ts';
import { PkiError } from '../../ca-core/errors.ts';
import {
  equalBytes,
  openStore,
  readCertificate,
  readCrl,
  verifyCrl,
  type IssuerRow,
  type Store,
} from '../../ca-core/index.ts';
import { keptFile } from '../../ca-core/ceremony/kept-file.ts';
import { putForResponder } from '../ceremony.ts';
import { withDatabase } from '../prepare.ts';
import type { Settings } from '../settings.ts';
import { answers, columns, progress, timeText, wrongUsage, type Answer, type Typed } from './command.ts';
import { octetsIn } from './named-file.ts';

/** A root's CRL is made by people: they are told this long before it is over, in seconds. */
const rootWarning = 30 * 86_400;

export function addCrlCommands(program: Command): void {
  const crl = program.command('crl').description("the issuing CAs' and the root's lists of revoked certificates");
  answers(
    crl.command('status').description('number, age and end of each; exit code 1 where one is over or missing'),
    settings => withDatabase(settings, database => statusOf(openStore(database))),
  );
  const publish = crl
    .command('publish')
    .description('have the CA core make new CRLs now; or take the CRL that the root signed offline')
    .argument('[file]', "the root's, from `kakuin ceremony root-crl`; its .ocsp beside is taken with it")
    .option('--wait <seconds>', 'how long to wait for the CA core', '30');
  answers(publish, publishCrl);
}

async function statusOf(store: Store): Promise<Answer> {
  const now = systemClock.now();
  const value = await Promise.all(
    (await store.issuers.list()).map(async ({ id, name, role }) => {
      const crl = await store.crls.newest(id);
      const waiting = await store.crls.waiting(id);
      if (crl === undefined) return { name, role, state: 'missing', waiting, crl: null };
      const { crlNumber, thisUpdate, nextUpdate, entries } = crl;
      const left = nextUpdate - now;
      const state = left <= 0 ? 'over' : role === 'root' && left < rootWarning ? 'renew soon' : 'good';
      return { name, role, state, waiting, crl: { crlNumber, thisUpdate, nextUpdate, entries } };
    }),
  );
  const rows = value.map(({ name, state, crl, waiting }) =>
    crl === null
      ? [name, state, '', '', '', '']
      : [
          name,
          state,
          `number ${crl.crlNumber}`,
          `made ${timeText(crl.thisUpdate)}`,
          `until ${timeText(crl.nextUpdate)}`,
          `${crl.entries} entries${waiting > 0 ? ', one ordered' : ''}`,
        ],
  );
  const advice = value.flatMap(({ name, role, state }) => (state === 'good' ? [] : [adviceFor(name, role)]));
  const failed = value.some(({ state }) => state === 'missing' || state === 'over');
  return { value, lines: [...columns(rows), ...advice], failed };
}

const adviceFor = (name: string, role: string): string =>
  role === 'root'
    ? `${name}: hold kakuin ceremony root-crl on the root's machine, then kakuin crl publish FILE here`
    : `${name}: the CA core makes it when it runs and its key is there: see kakuin ca status`;

async function publishCrl(settings: Settings, { options, words }: Typed): Promise<Answer> {
  const wait = Number(options.wait);
  const [file] = words;
  if (!(wait >= 0 && wait <= 3600)) throw wrongUsage('--wait takes seconds.');
  const given = file === undefined ? undefined : octetsIn(file);
  return withDatabase(settings, async database => {
    const store = openStore(database);
    if (file === undefined || given === undefined) return orderAll(store, wait);
    const taken = await takeRootCrl(store, given);
    await takeAnswers(settings, taken.root, keptFile(file.replace(/(\.crl)?$/, '.ocsp')));
    return taken.answer;
  });
}

async function orderAll(store: Store, wait: number): Promise<Answer> {
  const issuing = (await store.issuers.list()).filter(({ role }) => role === 'issuing');
  const before = await Promise.all(issuing.map(({ id }) => store.crls.newest(id)));
  for (const { id } of issuing) await store.crls.order(id, 'operator', systemClock.now());
  const value = await Promise.all(
    issuing.map(async (issuer, index) => {
      const crlNumber = await newNumber(store, issuer, before[index]?.crlNumber ?? 0, wait);
      return { name: issuer.name, crlNumber: crlNumber ?? null };
    }),
  );
  const lines = value.map(({ name, crlNumber }) =>
    crlNumber === null
      ? `${name}: ordered; the CA core has not made it in ${wait} s (npm run kakuin -- ca status says how it is)`
      : `${name}: number ${crlNumber} is made`,
  );
  return { value, lines, failed: value.some(({ crlNumber }) => crlNumber === null) };
}

async function newNumber(
  store: Store,
  { id, name }: IssuerRow,
  before: number,
  wait: number,
): Promise<number | undefined> {
  for (let waited = 0; waited <= wait * 2; waited++) {
    const number = (await store.crls.newest(id))?.crlNumber ?? 0;
    if (number > before) return number;
    if (waited % 10 === 0) progress(`Waiting for the CA core to make the CRL of ${name} …`);
    await pause(500);
  }
  return undefined;
}

/** Judged as the publisher will judge it again. */
async function takeRootCrl(
  store: Store,
  der: Uint8Array<ArrayBuffer>,
): Promise<{ readonly root: IssuerRow; readonly answer: Answer }> {
  const crl = readCrl(der);
  const roots = (await store.issuers.list()).filter(({ role }) => role === 'root');
  const root = roots.find(({ certificate }) => {
    const { subject, subjectPublicKeyInfo } = readCertificate(certificate);
    return equalBytes(subject, crl.issuer) && verifyCrl(crl, subjectPublicKeyInfo);
  });
  if (root === undefined) throw new PkiError('crlInvalid', { reason: 'no root CA of this platform signed it' });
  const now = systemClock.now();
  const { thisUpdate, nextUpdate } = crl;
  if (nextUpdate <= now || thisUpdate > now + 300)
    throw new PkiError('crlInvalid', { reason: 'it is over, or of the future' });
  const crlNumber = Number(crl.crlNumber);
  const newest = await store.crls.newest(root.id);
  if (newest !== undefined && crlNumber <= newest.crlNumber)
    throw new PkiError('crlInvalid', { reason: `number ${newest.crlNumber} is out already` });
  const entries = [...crl.entries].length;
  const details = { entries: String(entries), issuer: root.name };
  const event = {
    at: now,
    service: 'console',
    action: 'crl.taken',
    actor: 'operator',
    subject: String(crlNumber),
    details,
  };
  const row = { issuer: root.id, crlNumber, crl: der, thisUpdate, nextUpdate, entries, throughSeq: 0 };
  await store.crls.record(row, event);
  const line = `${root.name}: number ${crlNumber}, ${entries} entries, until ${timeText(nextUpdate)}; the publisher puts it out`;
  return { root, answer: { value: { name: root.name, crlNumber, entries, nextUpdate }, lines: [line] } };
}

/** What the root signed beside its CRL, for the responder. */
async function takeAnswers(settings: Settings, root: IssuerRow, answers: Uint8Array | undefined): Promise<void> {
  if (answers !== undefined) await putForResponder(settings, { ...root, answers });
}
