import { setTimeout as pause } from 'node:timers/promises';
import { openStore } from '../../ca-core/index.ts';
import type { IssueGround } from './issue-ground.ts';

/** Resolves when no more than so many orders are open, with how many are. */
export async function untilLeft({ database }: Pick<IssueGround, 'database'>, most: number): Promise<number> {
  const { orders } = openStore(database);
  for (;;) {
    const left = await orders.waiting();
    if (left <= most) return left;
    // Counting thousands of orders takes a millisecond of the machine that is measured.
    await pause(left - most > 500 ? 100 : 20);
  }
}

/** Throws with the reason of an order that the CA core refused. */
export async function refuseRefusals({ database }: Pick<IssueGround, 'database'>): Promise<void> {
  const refused = await database<{ state: string; refusal: string }>('issuance_orders')
    .where({ state: 'refused' })
    .first<{ refusal: string } | undefined>('refusal');
  if (refused !== undefined) throw new Error(`The CA core refused an order: ${refused.refusal}`);
}
