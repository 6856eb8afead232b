import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../ca-core/clock.ts';
import { unfollowed } from '../../ra-portal/store/desk.ts';
import { queueTabs } from '../../ra-portal/store/queue.ts';
import { beginSession } from '../../ra-portal/store/sessions.ts';
import { settingOf } from '../settings.ts';
import { percentile, type BenchWish, type Figure, type Measured, type Round } from './figure.ts';
import type { Ground } from './ground.ts';
import { onIssueGround, type IssuePlace } from './issue-ground.ts';
import { fillQueue } from './queued-cases.ts';

/** Milliseconds that the first page of an officer's queue takes, over HTTP, from the portal's own main. */
export const queueFigures: readonly Figure[] = [queueFigure('sqlite'), queueFigure('postgresql')];

function queueFigure(database: IssuePlace['database']): Figure {
  const name = `portal.queue.${database}`;
  return {
    name,
    meaning: "p95 of the first page of every tab of an officer's queue with 20,000 cases, and of a search",
    measure: wish =>
      onIssueGround({ database, keys: 'file', algorithm: 'p-256' }, wish, ground => measure(name, ground, wish)),
  };
}

const pagesPerRound = 140;

async function measure(
  name: string,
  ground: Ground,
  { rounds, count = 20_000 }: BenchWish,
): Promise<readonly Measured[]> {
  await fillQueue(ground, count);
  const portal = ground.launch('ra-portal');
  try {
    await portal.ready;
    while ((await unfollowed(ground.database, 1)).length > 0) await pause(200);
    const look = await signedIn(ground);
    const tabs = queueTabs.map(tab => `/officer?tab=${tab}`);
    const search = tabs.map(path => `${path}&text=${encodeURIComponent('架空 花子')}`);
    const plain: Round[] = [];
    const searched: Round[] = [];
    await timesOf(look, [...tabs, ...search], tabs.length * 2);
    while (plain.length < rounds) {
      const yardstick = percentile(await timesOf(look, ['/'], pagesPerRound), 95);
      plain.push({ value: percentile(await timesOf(look, tabs, pagesPerRound), 95), yardstick });
      searched.push({ value: percentile(await timesOf(look, search, pagesPerRound), 95), yardstick });
    }
    const common = { unit: 'ms', against: 'p95 of the portal’s first page, which asks for no case' };
    return [
      { ...common, name, rounds: plain, bound: { of: 'value', at: 'most', limit: 300 } },
      { ...common, name: `${name}.search`, rounds: searched },
    ];
  } finally {
    await portal.end();
  }
}

/** Gets one page and throws unless it is there; milliseconds until its last octet. */
type Look = (path: string) => Promise<number>;

/** As an officer who signed in with a passkey. */
async function signedIn({ settings, database, approvers }: Ground): Promise<Look> {
  const subject = approvers[0]?.memberId ?? '';
  const token = await beginSession(database, { kind: 'officer', subject, means: 'passkey', at: systemClock.now() });
  const headers = { cookie: `session=${token}`, accept: 'text/html' };
  const url = settingOf(settings, 'KAKUIN_PORTAL_URL');
  return async path => {
    const start = performance.now();
    const answer = await fetch(`${url}${path}`, { headers, redirect: 'manual' });
    const page = await answer.text();
    const taken = performance.now() - start;
    if (answer.status !== 200) throw new Error(`${path} was answered with ${answer.status}.`);
    if (path.endsWith('tab=all') && !page.includes('/officer/cases/K26-')) throw new Error(`${path} shows no case.`);
    return taken;
  };
}

async function timesOf(look: Look, paths: readonly string[], count: number): Promise<number[]> {
  const times: number[] = [];
  while (times.length < count) times.push(await look(paths[times.length % paths.length] ?? '/'));
  return times;
}
