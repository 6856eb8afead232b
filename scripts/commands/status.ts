import type { Command } from 'commander';
import { systemClock } from '../../ca-core/clock.ts';
import { openStore, type OrderState, type Store } from '../../ca-core/index.ts';
import { openLookUps, type LookUps } from '../../ca-core/store/looking-up.ts';
import { withDatabase } from '../prepare.ts';
import { answers, columns, timeText, wrongUsage, type Answer } from './command.ts';

/** A service beats every few seconds; after this long without one it is taken for gone. */
const silentAfter = 60;
const orderStates = ['waiting', 'claimed', 'intended', 'issued', 'refused'] as const;

export function addStatusCommands(program: Command): void {
  const status = program.command('status').description('what runs, which CA this is, what waits');
  answers(status, settings => withDatabase(settings, database => statusOf(openStore(database))));
  const orders = program
    .command('orders')
    .description('documents that wait for approvals, orders that wait for the CA core')
    .option('--state <state>', `instead, orders in one state: ${orderStates.join(' | ')} | all`)
    .option('--last <n>', 'with --state: the newest so many', '50');
  answers(orders, (settings, { options: { state, last } }) => {
    const wished = orderStates.find(one => one === state);
    if (state !== undefined && state !== 'all' && wished === undefined)
      throw wrongUsage(`--state is one of ${orderStates.join(', ')}, all.`);
    if (!(Number(last) >= 1)) throw wrongUsage('--last takes a number.');
    return withDatabase(settings, database =>
      state === undefined ? ordersOf(openStore(database)) : listOrders(openLookUps(database), wished, Number(last)),
    );
  });
}

async function listOrders(lookUps: LookUps, state: OrderState | undefined, limit: number): Promise<Answer> {
  const orders = await lookUps.orders(state, limit);
  const counts = await lookUps.orderCounts();
  const rows = orders.map(one => [
    one.caseId,
    one.state,
    timeText(one.createdAt),
    one.refusal?.code ?? one.worker ?? '',
  ]);
  const total = Object.entries(counts).map(([name, count]) => `${count} ${name}`);
  return { value: { orders, counts }, lines: [...columns(rows), `in all: ${total.join(', ') || 'none'}`] };
}

async function statusOf(store: Store): Promise<Answer> {
  const now = systemClock.now();
  const services = (await store.states.all()).map(state => {
    return { ...state, isSilent: now - state.seenAt > silentAfter };
  });
  const issuers = (await store.issuers.list()).map(({ id, name, role }) => ({ id, name, role }));
  const roll = await store.rolls.current();
  const officers = roll?.roll.members.filter(({ role }) => role === 'officer').length ?? 0;
  const issuing = issuers.find(({ name }) => name === 'issuing');
  const crl = issuing && (await store.crls.newest(issuing.id));
  const waiting = await store.orders.waiting();
  const crlLine =
    crl === undefined
      ? 'none yet'
      : `number ${crl.crlNumber}, ${crl.entries} entries, until ${timeText(crl.nextUpdate)}`;
  const lines = [
    ...columns(
      services.map(one => [one.service, one.isSilent ? 'silent' : one.state, timeText(one.seenAt), one.detail]),
    ),
    ...issuers.map(({ name, id }) => `CA ${name}: ${id}`),
    `roll ${roll?.number ?? 0}: ${officers} officers`,
    `CRL: ${crlLine}`,
    `orders waiting: ${waiting}`,
  ];
  const value = {
    services,
    issuers,
    roll: { number: roll?.number ?? 0, officers },
    crl: crl === undefined ? null : { number: crl.crlNumber, entries: crl.entries, nextUpdate: crl.nextUpdate },
    ordersWaiting: waiting,
  };
  return { value, lines, failed: services.some(one => one.isSilent || one.state === 'red') };
}

async function ordersOf(store: Store): Promise<Answer> {
  const awaiting = await store.documents.awaiting();
  const documents = awaiting.map(({ digest, kind, subjectId, signatures, needed }) => {
    return { digest, kind, subjectId, signatures, needed };
  });
  const waiting = await store.orders.waiting();
  const rows = documents.map(one => [one.kind, one.subjectId, `${one.signatures} of ${one.needed}`, one.digest]);
  const lines = [...columns(rows), `orders waiting for the CA core: ${waiting}`];
  return { value: { documents, ordersWaiting: waiting }, lines };
}
