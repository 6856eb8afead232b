import type { Command } from 'commander';
import { systemClock } from '../../ca-core/clock.ts';
import { openStore, readPolicies, type OperationsPolicy, type OrderState, type Store } from '../../ca-core/index.ts';
import { openLookUps, type LookUps } from '../../ca-core/store/looking-up.ts';
import { withDatabase } from '../prepare.ts';
import { settingOf } from '../settings.ts';
import { answers, columns, timeText, wrongUsage, type Answer } from './command.ts';
import { pictureLines, tellPicture } from './picture.ts';
import { isTrouble, toldStates, wordFor } from './service-states.ts';

const orderStates = ['awaitingKey', 'waiting', 'claimed', 'intended', 'issued', 'refused'] as const;

export function addStatusCommands(program: Command): void {
  const status = program
    .command('status')
    .description(
      'what runs, which CA this is, what waits; every figure of the monitor, and what to do where one is not green',
    );
  answers(status, settings => {
    const policy = readPolicies(settingOf(settings, 'KAKUIN_POLICIES')).operations;
    return withDatabase(settings, database => statusOf(openStore(database), policy));
  });
  const orders = program
    .command('orders')
    .description('documents that wait for approvals, orders that wait for the CA core')
    .option('--state <state>', `instead, orders in one state: ${orderStates.join(' | ')} | all`)
    .option('--last <n>', 'with --state: the newest so many', '50');
  answers(orders, (settings, { options: { state, last } }) => {
    const wished = orderStates.find(one => one === state);
    if (state !== undefined && state !== 'all' && wished === undefined)
      throw wrongUsage(`--state is one of ${orderStates.join(', ')}, all.`);
    if (!/^[1-9]\d{0,8}$/.test(last ?? '')) throw wrongUsage('--last takes a whole number.');
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

async function statusOf(store: Store, policy: OperationsPolicy): Promise<Answer> {
  const now = systemClock.now();
  const services = await toldStates(store, now);
  const issuers = (await store.issuers.list()).map(({ id, name, role }) => ({ id, name, role }));
  const roll = await store.rolls.current();
  const officers = roll?.roll.members.filter(({ role }) => role === 'officer').length ?? 0;
  const crls = await Promise.all(issuers.map(one => crlOf(store, one)));
  const waiting = await store.orders.waiting();
  const picture = await tellPicture(store, policy, now);
  const lines = [
    ...columns(services.map(one => [one.service, wordFor(one), timeText(one.seenAt), one.detail])),
    ...(services.length === 0 ? ['No service has run yet: npm start.'] : []),
    ...columns(issuers.map(({ name, id }, at) => [`CA ${name}`, id, crlText(crls[at])])),
    `roll ${roll?.number ?? 0}: ${officers} officers`,
    `orders waiting: ${waiting}`,
    ...pictureLines(picture, policy),
  ];
  const value = {
    services,
    issuers: issuers.map((one, at) => ({ ...one, crl: crls[at] ?? null })),
    roll: { number: roll?.number ?? 0, officers },
    ordersWaiting: waiting,
    picture,
  };
  return { value, lines, failed: services.some(isTrouble) || picture.light === 'red' };
}

async function crlOf({ crls }: Store, { id }: { readonly id: string }) {
  const crl = await crls.newestMark(id);
  return crl && { number: crl.crlNumber, entries: crl.entries, nextUpdate: crl.nextUpdate };
}

const crlText = (crl: Awaited<ReturnType<typeof crlOf>>): string =>
  crl === undefined
    ? 'no CRL yet: the CA core makes it when it runs'
    : `CRL ${crl.number}, ${crl.entries} entries, until ${timeText(crl.nextUpdate)}`;

async function ordersOf(store: Store): Promise<Answer> {
  const awaiting = await store.documents.awaiting();
  const documents = awaiting.map(({ digest, kind, subjectId, signatures, needed }) => {
    return { digest, kind, subjectId, signatures, needed };
  });
  const waiting = await store.orders.waiting();
  const rows = documents.map(one => [one.kind, one.subjectId, `${one.signatures} of ${one.needed}`, one.digest]);
  const none = rows.length === 0 ? ['No document waits for approvals.'] : [];
  const lines = [...columns(rows), ...none, `orders waiting for the CA core: ${waiting}`];
  return { value: { documents, ordersWaiting: waiting }, lines };
}
