/** A card as universities and companies give out: a transit system first, then FCF with its ID and an open service. */
import { randomBytes } from 'node:crypto';
import type { FelicaSystem } from './felica-card.ts';
import { emulatedCard, type EmulatedCard } from './vpcd-slot.ts';

export interface FcfCardInput {
  readonly number?: string;
  /** Shift_JIS; ﾔﾏﾀﾞ ﾊﾅｺ unless said otherwise. */
  readonly name?: Uint8Array;
  /** The systems, in place of the usual ones. */
  readonly systems?: readonly FelicaSystem[];
  readonly idm?: Uint8Array;
}

export const yamadaHanako = Uint8Array.of(0xd4, 0xcf, 0xc0, 0xde, 0x20, 0xca, 0xc5, 0xba);

export function fcfCard({ number = '2026A0001', name = yamadaHanako, systems, idm }: FcfCardInput = {}): EmulatedCard {
  return emulatedCard(idm ?? randomBytes(8), systems ?? [transit(), fcfSystem(number, name)]);
}

export const transit = (): FelicaSystem => ({ code: 0x0003, services: [{ code: 0x090f, blocks: [block()] }] });

export function fcfSystem(number: string, name: Uint8Array): FelicaSystem {
  const id = block(Uint8Array.of(0x00, 0x01, ...Buffer.from(number.padEnd(12)), 0, 0));
  return {
    code: 0xfe00,
    services: [
      { code: 0x1a8b, blocks: [id, block(name)] },
      { code: 0x1a49, blocks: [block(), block(), block()] },
      // An area that asks for a key: whoever has none gets nothing.
      { code: 0x2a48, blocks: [block()] },
    ],
  };
}

/** In shared memory: the card lies in a thread of its own. */
function block(octets: Uint8Array = new Uint8Array()): Uint8Array {
  const whole = new Uint8Array(new SharedArrayBuffer(16));
  whole.set(octets.subarray(0, 16));
  return whole;
}
