import { PkiError } from '../../ca-core/errors.ts';
import { openStore } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { inOneStep, type Database } from '../store/database.ts';
import { openJobOf } from '../store/token-jobs.ts';
import { findUsbToken, keepUsbToken, type UsbToken } from '../store/usb-tokens.ts';
import { noteTokenEvent } from './known-token.ts';

export interface TokenThere {
  readonly serial: string;
  readonly model: string;
}

/**
 * A station says which tokens lie there; what is known stays as it is, and what a station left behind that is off the
 * roll lies here now. All are entered, or none. Throws tokenKnown where one of them is another station's.
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
      const isMoved = known !== null && known.station !== station.id;
      if (isMoved && !(await isLeftBehind(trx, known))) throw new PkiError('tokenKnown', { serial });
      const here = { station: station.id, changedAt: at };
      const token = known === null ? blank({ serial, model, ...here }) : isMoved ? { ...known, ...here } : known;
      entered.push(token);
      if (token === known) continue;
      await keepUsbToken(trx, token);
      const event = { serial, at, actor: station.id, act: 'enter', state: token.state } as const;
      await noteTokenEvent(trx, { ...event, details: { model } });
    }
    return entered;
  });
}

/** Its station left the roll, and nothing is being made on it. */
async function isLeftBehind(trx: Database, { serial, station }: UsbToken): Promise<boolean> {
  const members = (await openStore(trx).rolls.current())?.roll.members ?? [];
  const isThere = members.some(({ id, role }) => role === 'station' && id === station);
  return !isThere && (await openJobOf(trx, { serial })) === null;
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
