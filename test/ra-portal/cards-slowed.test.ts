/** What anybody may ask about a card is asked so many times a minute from one address, and no oftener. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readCardPolicy } from '../../ca-core/profiles/card-policy.ts';
import { aCard, post, type ACard } from './support/a-card.ts';
import { aPortal, type APortal } from './support/a-portal.ts';

let world: APortal;
let card: ACard;
beforeAll(async () => {
  world = await aPortal();
  card = await aCard();
});
afterAll(() => world.end());

it.each(['challenges', 'passes', 'rewraps'])('%s: then 429, whichever card is named', async what => {
  const { perMinute } = readCardPolicy(world.settings.policies).proof;
  const ask = async (idm: string): Promise<number> =>
    (await post(world.url, `/api/v1/cards/${idm}/${what}`, {})).status;
  const before = new Set<number>();
  for (let asked = 0; asked < perMinute; asked += 20)
    for (const status of await Promise.all(Array.from({ length: 20 }, () => ask(card.idm)))) before.add(status);
  expect(before).not.toContain(429);
  expect(await ask((await aCard()).idm)).toBe(429);
});
