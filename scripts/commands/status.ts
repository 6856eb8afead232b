import type { Command } from 'commander';
import { systemClock } from '../../ca-core/clock.ts';
import { openStore, type Store } from '../../ca-core/index.ts';
import { withDatabase } from '../prepare.ts';
import { answers, columns, timeText, type Answer } from './command.ts';

/** A service beats every few seconds; after this long without one it is taken for gone. */
const silentAfter = 60;

export function addStatusCommands(program: Command): void {
  const status = program.command('status').description('what runs, which CA this is, what waits');
  answers(status, settings => withDatabase(settings, database => statusOf(openStore(database))));
  const orders = program
    .command('orders')
    .description('documents that wait for approvals, orders that wait for the CA core');
  answers(orders, settings => withDatabase(settings, database => ordersOf(openStore(database))));
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
