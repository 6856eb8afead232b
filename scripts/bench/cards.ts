/** Cards prepared and bound a minute: real PC/SC with emulated cards behind it, and the real portal. */
import { readCardPolicy } from '../../ca-core/index.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { bindByTouch } from '../../issuing-station/cards/bind-card.ts';
import { openCard } from '../../issuing-station/cards/card.ts';
import { openPcsc } from '../../issuing-station/cards/pcsc.ts';
import { openPortalClient } from '../../issuing-station/portal/client.ts';
import { prepareCard } from '../../issuing-station/cards/prepare-card.ts';
import { aPortal } from '../../test/ra-portal/support/a-portal.ts';
import { aProgram } from '../../test/ra-portal/support/a-program.ts';
import { fcfCard } from '../../test/support/cards/fcf-card.ts';
import { startPcscd, type Pcscd } from '../../test/support/cards/pcscd.ts';
import type { Figure, Round } from './figure.ts';

const usual = 140;
/** Seven devices of two readers each: as much as one PC/SC client can watch. */
const devices = 7;

export const cardFigure: Figure = {
  name: 'card.bind',
  meaning: 'cards a minute prepared, bound by touch and read back, on fourteen emulated readers',
  measure: async ({ rounds, count = usual }) => {
    const world = await aPortal();
    const pcscd = await startPcscd(devices);
    try {
      const [officer] = await world.officers();
      const { token } = await aProgram(world, { kind: 'officer', subject: officer.memberId });
      const measured: Round[] = [];
      for (let round = 0; round < rounds; round++) {
        measured.push({ value: await bindMany(pcscd, { url: world.url, token, count }), yardstick: null });
      }
      const notes = [
        'A card is noticed 0.4 s after it was put there and 0.4 s after it was taken: PC/SC looks that often.',
      ];
      return [{ name: 'card.bind', unit: 'cards/min', against: 'the emulator', rounds: measured, notes }];
    } finally {
      await pcscd.end();
      await world.end();
    }
  },
};

interface Ground {
  readonly url: string;
  readonly token: string;
  readonly count: number;
}

async function bindMany({ slots }: Pcscd, { url, token, count }: Ground): Promise<number> {
  const readers = openPcsc();
  const policy = readCardPolicy(`${projectRoot}/policies`);
  const portal = openPortalClient({ url, token });
  const start = performance.now();
  let left = count;
  const one = async (slot: (typeof slots)[number]): Promise<void> => {
    while (left > 0) {
      const at = left--;
      await slot.put(fcfCard({ number: `B${at}` }));
      const card = await openCard(await readers.nextCard({ reader: slot.name }), policy);
      await prepareCard(portal, card);
      const holder = { mailbox: `b${at}@kakuu-kakuin.example`, name: `b${at}`, corporateNumber: '7999901000001' };
      await bindByTouch(portal, card, holder);
      await card.close();
      await slot.take();
      await readers.emptied(slot.name);
    }
  };
  await Promise.all(slots.map(one));
  const minutes = (performance.now() - start) / 60_000;
  await readers.close();
  return count / minutes;
}
