/**
 * Many cards prepared, bound and read back in one run through PC/SC, pcscd and the real portal, with cards taken away at
 * random moments and cards that lie: every card ends in a state that the portal knows, no secret is lost or shared.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pickUpSecretOfCard } from '../../ca-core/delivery/card-secret.ts';
import { pickUpPublicKey } from '../../ca-core/delivery/seal.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { readCardPolicy } from '../../ca-core/profiles/card-policy.ts';
import { bindByTouch, proofOf } from '../../issuing-station/cards/bind-card.ts';
import type { CardReaders } from '../../issuing-station/cards/card-readers.ts';
import { longRun } from '../../issuing-station/cards/long-run.ts';
import { openPcsc } from '../../issuing-station/cards/pcsc.ts';
import { openPortalClient, type Portal } from '../../issuing-station/portal/client.ts';
import { prepareCard } from '../../issuing-station/cards/prepare-card.ts';
import { fcfCard } from '../support/cards/fcf-card.ts';
import type { Mischief } from '../support/cards/felica-card.ts';
import { startPcscd, type Pcscd } from '../support/cards/pcscd.ts';
import type { EmulatedCard, VpcdSlot } from '../support/cards/vpcd-slot.ts';
import { aPortal, type APortal } from '../ra-portal/support/a-portal.ts';
import { aProgram } from '../ra-portal/support/a-program.ts';

const isLong = process.env['KAKUIN_LONG'] === '1';
const count = isLong ? 500 : 100;
/** A program asks the portal 600 times a minute and no oftener: five hundred cards take five minutes and more. */
const longest = isLong ? 1_200_000 : 300_000;
const policy = readCardPolicy(`${projectRoot}/policies`);
let world: APortal;
let pcscd: Pcscd;
let readers: CardReaders;
let portal: Portal;
beforeAll(async () => {
  world = await aPortal();
  const [officer] = await world.officers();
  const { token } = await aProgram(world, { kind: 'officer', subject: officer.memberId });
  portal = openPortalClient({ url: world.url, token });
  pcscd = await startPcscd(7);
  readers = openPcsc();
});
afterAll(async () => {
  await readers.close();
  await pcscd.end();
  await world.end();
});

const kinds: readonly Mischief['kind'][] = ['goneBefore', 'goneAfter', 'torn', 'lie'];

/** What goes wrong with a card, by its number: with about four of ten, and twice with some. */
function mischiefOf(at: number): readonly Mischief['kind'][] {
  const dice = (at * 7919) % 40;
  if (dice < 12) return [kinds[dice % 4] ?? 'torn'];
  if (dice < 16) return ['torn', kinds[dice % 3] ?? 'torn'];
  return [];
}

interface Made {
  readonly at: number;
  readonly emulated: EmulatedCard;
  readonly state: string;
}

/** Puts a card on one reader as often as it takes, as a person does. */
async function oneCard(slot: VpcdSlot, at: number): Promise<Made> {
  const emulated = fcfCard({ number: `N${String(at).padStart(6, '0')}` });
  const mischief = [...mischiefOf(at)];
  let isHasty = at % 3 === 0;
  const holder = { mailbox: `m${at}@kakuu-kakuin.example`, name: `架空 ${at}`, corporateNumber: '7999901000001' };
  const put = async (): Promise<void> => {
    const kind = mischief.shift();
    if (kind !== undefined) emulated.spoil({ kind, atWrite: 1 });
    // Somebody pulls it away: at any of the first dozen frames, of which preparing and binding take about that many.
    else if (isHasty) emulated.leaveAt(1 + Math.floor(Math.random() * 12));
    isHasty = false;
    await slot.put(emulated);
  };
  const [result] = await longRun(1, {
    readers,
    policy,
    reader: slot.name,
    tell: news => {
      if ('ask' in news) void put();
      else void slot.take();
    },
    work: async card => {
      await prepareCard(portal, card);
      await bindByTouch(portal, card, holder);
      const { keyId } = await card.readSecret();
      await proofOf(portal, card, 'open');
      return keyId;
    },
  });
  if (result === undefined) throw new Error('a run without a result');
  const idm = Buffer.from(emulated.idm(1)).toString('hex');
  const { state } = (await portal.get(`/api/v1/cards/${idm}`)) as { state: string };
  return { at, emulated, state: 'value' in result ? state : `${state} ${result.refusal.code}` };
}

it(`${count} cards: each in a known state, each with a secret of its own`, { timeout: longest }, async () => {
  const numbers = Array.from({ length: count }, (_, at) => at);
  const made: Made[] = [];
  await Promise.all(
    pcscd.slots.map(async slot => {
      for (let at = numbers.shift(); at !== undefined; at = numbers.shift()) made.push(await oneCard(slot, at));
    }),
  );
  const lies = (at: number): boolean => mischiefOf(at).includes('lie');
  // One that left after the last word of the portal is told, put there again, that it is bound already.
  const right = (at: number): readonly string[] => (lies(at) ? ['damaged cardUnlike'] : ['bound', 'bound cardKnown']);
  expect(made.filter(({ at, state }) => !right(at).includes(state))).toEqual([]);
  expect(made.filter(({ at }) => lies(at)).length).toBeGreaterThan(count / 20);

  const rows = await world.database('cards').select<{ idm: string; state: string; public_key: string }[]>();
  expect(rows).toHaveLength(count);
  expect(new Set(rows.map(row => row.public_key)).size).toBe(count);
  // What stands on each card is what the portal seals to, and no other card has it.
  const secrets = new Set<string>();
  for (const { emulated, state } of made.filter(one => one.state.startsWith('bound'))) {
    const blocks = emulated.systems[1]?.services[1]?.blocks ?? [];
    const secret = Uint8Array.from(blocks[1] ?? []);
    secrets.add(Buffer.from(secret).toString('hex'));
    const row = rows.find(({ idm }) => idm === Buffer.from(emulated.idm(1)).toString('hex'));
    expect(row?.public_key, state).toBe(await pickUpPublicKey(await pickUpSecretOfCard({ keyId: '', secret })));
  }
  expect(secrets.size).toBe(made.filter(({ state }) => state.startsWith('bound')).length);
});
