import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { inOneStep } from '../store/database.ts';
import { findUsbToken, keepUsbToken, type UsbToken } from '../store/usb-tokens.ts';
import { noteTokenEvent } from './known-token.ts';

export interface TokenThere {
  readonly serial: string;
  readonly model: string;
}

/**
 * A station says which tokens lie there; what is known stays as it is. All are entered, or none. Throws tokenKnown where
 * one of them is another station's.
 */
export async function enterTokens(
  { database, clock }: Pick<PortalParts, 'database' | 'clock'>,
  station: Person,
  tokens: readonly TokenThere[],
): Promise<readonly UsbToken[]> {
  const at = clock.now();
  return inOneStep(database, async trx => {
    const entered: UsbToken[] = [];
    for (const { serial, model } of tokens) {
      const known = await findUsbToken(trx, serial);
      if (known !== null && known.station !== station.id) throw new PkiError('tokenKnown', { serial });
      const token = known ?? blank({ serial, model, station: station.id, changedAt: at });
      entered.push(token);
      if (known !== null) continue;
      await keepUsbToken(trx, token);
      const event = { serial, at, actor: station.id, act: 'enter', state: token.state } as const;
      await noteTokenEvent(trx, { ...event, details: { model } });
    }
    return entered;
  });
}

const blank = (about: Pick<UsbToken, 'serial' | 'model' | 'station' | 'changedAt'>): UsbToken => ({
  ...about,
  state: 'unformatted',
  ...nobodys,
});

/** What stands of a token that is nobody's. */
export const nobodys = {
  caseId: null,
  holder: null,
  certificate: null,
  awaits: null,
  reason: null,
  document: null,
  letter: null,
  handed: null,
} as const satisfies Partial<UsbToken>;
