/** Cards through the real PC/SC stack: our adapter, pcscd, vpcd's driver, and an emulated FeliCa card behind it. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { drawCardSecret } from '../../ca-core/delivery/card-secret.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { readCardPolicy, type CardPolicy, type ReaderMode } from '../../ca-core/profiles/card-policy.ts';
import type { CardReaders } from '../../issuing-station/cards/card-readers.ts';
import { openCard, type Card } from '../../issuing-station/cards/card.ts';
import { openFelica } from '../../issuing-station/cards/felica.ts';
import { openPcsc } from '../../issuing-station/cards/pcsc.ts';
import { fcfCard, fcfSystem, transit, yamadaHanako } from '../support/cards/fcf-card.ts';
import type { Mischief } from '../support/cards/felica-card.ts';
import { startPcscd, type Pcscd } from '../support/cards/pcscd.ts';
import type { EmulatedCard, VpcdSlot } from '../support/cards/vpcd-slot.ts';
import { refusalFrom as refusal } from '../support/refusal.ts';

const policy = readCardPolicy(`${projectRoot}/policies`);
let pcscd: Pcscd;
let readers: CardReaders;
let slot: VpcdSlot;
beforeAll(async () => {
  pcscd = await startPcscd();
  readers = openPcsc();
  slot = pcscd.slots[0] as VpcdSlot;
});
afterAll(async () => {
  await readers.close();
  await pcscd.end();
});
beforeEach(async () => {
  await slot.take();
  await readers.emptied(slot.name);
});

async function put(card: EmulatedCard, settings: Partial<CardPolicy> = {}, slowness = 0): Promise<Card> {
  await slot.put(card, slowness);
  return openCard(await readers.nextCard({ reader: slot.name }), { ...policy, ...settings });
}

const modes: readonly ReaderMode[] = ['pseudoApdu', 'passThrough', 'transparent'];

describe('a card on the reader', () => {
  it.each(modes)('is read and written in the mode %s', async mode => {
    const emulated = fcfCard({ number: 'S1234567' });
    const card = await put(emulated, { mode });
    expect(card.fcf).toEqual({ userClass: '0001', id: 'S1234567', name: 'ﾔﾏﾀﾞ ﾊﾅｺ' });
    // The second system's number stands in the upper four bits, though drivers activate the first.
    expect(card.idm).toBe(Buffer.from(emulated.idm(1)).toString('hex'));
    expect(await refusal(card.readSecret())).toMatchObject({ code: 'cardSecretInvalid', values: { reason: 'blank' } });
    const secret = drawCardSecret();
    await card.writeSecret(secret);
    expect(await card.readSecret()).toEqual(secret);
    await card.close();
  });

  it('is asked with patience', async () => {
    const card = await put(fcfCard(), {}, 60);
    await card.writeSecret(drawCardSecret());
    await card.close();
  });

  it('without an FCF ID can be a pass all the same', async () => {
    const { services } = fcfSystem('x', yamadaHanako);
    const open = services.filter(({ code }) => code === 0x1a49);
    const card = await put(fcfCard({ systems: [{ code: 0xfe00, services: open }] }));
    expect(card.fcf).toBeNull();
    await card.close();
  });

  it.each<[string, Partial<CardPolicy>]>([
    ['without the system', { secret: { ...policy.secret, systemCode: 0x8008 } }],
    ['without the service', { secret: { ...policy.secret, serviceCode: 0x1b09 } }],
    ['whose service asks for a key', { secret: { ...policy.secret, serviceCode: 0x2a48 } }],
    ['whose service only reads', { secret: { ...policy.secret, serviceCode: 0x1a8b } }],
  ])('%s is refused in either manner', async (_, settings) => {
    for (const mode of ['pseudoApdu', 'passThrough'] as const) {
      const tried = put(fcfCard(), { ...settings, mode }).then(card =>
        card.writeSecret(drawCardSecret()).finally(() => card.close()),
      );
      expect(await refusal(tried)).toMatchObject({ code: 'cardForeign' });
      await slot.take();
      await readers.emptied(slot.name);
    }
  });

  it('of another kind is refused', async () => {
    await slot.putOther(Buffer.from('3b80800101', 'hex'));
    const connection = await readers.nextCard({ reader: slot.name });
    expect(await refusal(openCard(connection, policy))).toMatchObject({
      code: 'cardForeign',
      values: { reason: 'kind' },
    });
  });

  it('with the transit system alone is refused', async () => {
    expect(await refusal(put(fcfCard({ systems: [transit()] })))).toMatchObject({
      code: 'cardForeign',
      values: { reason: 'system' },
    });
  });
});

describe('a write that goes wrong', () => {
  it.each<[Mischief['kind'], string]>([
    ['lie', 'cardUnlike'],
    ['goneBefore', 'cardGone'],
    ['goneAfter', 'cardGone'],
    ['torn', 'cardGone'],
  ])('%s: %s', async (kind, code) => {
    const emulated = fcfCard();
    const card = await put(emulated);
    emulated.spoil({ kind, atWrite: 1 });
    const secret = drawCardSecret();
    expect(await refusal(card.writeSecret(secret))).toMatchObject({ code });
    await card.close();
    // Put there again, the card says which it was: nothing, half of it (seen by the check value), or all.
    await slot.take();
    await readers.emptied(slot.name);
    const again = await put(emulated);
    if (kind === 'goneAfter') expect(await again.readSecret()).toEqual(secret);
    else {
      const reason = kind === 'torn' ? 'check' : 'blank';
      expect(await refusal(again.readSecret())).toMatchObject({ code: 'cardSecretInvalid', values: { reason } });
    }
    await again.writeSecret(secret);
    expect(await again.readSecret()).toEqual(secret);
    await again.close();
  });

  it('blocks copied to another card are no pass', async () => {
    const [one, other] = [fcfCard(), fcfCard()];
    const card = await put(one);
    await card.writeSecret(drawCardSecret());
    await card.close();
    const blocksOf = (emulated: EmulatedCard) => emulated.systems[1]?.services[1]?.blocks ?? [];
    blocksOf(one).forEach((block, at) => blocksOf(other)[at]?.set(block));
    await slot.take();
    await readers.emptied(slot.name);
    const copied = await put(other);
    expect(await refusal(copied.readSecret())).toMatchObject({
      code: 'cardSecretInvalid',
      values: { reason: 'check' },
    });
    await copied.close();
  });
});

it('a card that leaves while it is talked to is gone, and two readers do not disturb each other', async () => {
  const [, second] = pcscd.slots;
  if (second === undefined) throw new Error('There is one reader only.');
  await second.put(fcfCard({ number: 'SECOND' }));
  const other = await openCard(await readers.nextCard({ reader: second.name }), policy);
  await slot.put(fcfCard());
  const felica = await openFelica(await readers.nextCard({ reader: slot.name }), 'passThrough');
  await slot.take();
  expect(await refusal(felica.poll(0xfe00))).toMatchObject({ code: 'cardGone' });
  await felica.close();
  expect(other.fcf?.id).toBe('SECOND');
  await other.writeSecret(drawCardSecret());
  await other.close();
  await second.take();
});
