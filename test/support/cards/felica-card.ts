/** A FeliCa card in memory (JIS X 6319-4): systems, services, blocks; polling, reading and writing without encryption. */

/** Thrown where the card has left the field: the slot sees to it that the reader notices. */
export class CardGone extends Error {}

/**
 * What goes wrong, once, at a write (1 is the next): `lie` says done and keeps what was there, `goneBefore` and
 * `goneAfter` leave the field around it, `torn` leaves after the first block of several.
 */
export interface Mischief {
  readonly kind: 'lie' | 'goneBefore' | 'goneAfter' | 'torn';
  readonly atWrite: number;
}

export interface FelicaService {
  /** As people write it, 0x1A8B; on the wire it is little-endian. Its low six bits are the attribute. */
  readonly code: number;
  readonly blocks: Uint8Array[];
}

export interface FelicaSystem {
  readonly code: number;
  readonly services: readonly FelicaService[];
}

export interface FelicaCard {
  /** Systems in the card's own order: drivers activate the first. */
  readonly systems: readonly FelicaSystem[];
  /** Of a system by its place: the upper four bits of the first octet say which. */
  readonly idm: (place?: number) => Uint8Array;
  readonly pmm: Uint8Array;
  /** The answer to a frame (with its length octet), or null: the card is silent. Throws CardGone. */
  readonly answer: (frame: Uint8Array) => Uint8Array | null;
  readonly spoil: (mischief: Mischief) => void;
  /** Leaves the field instead of answering that frame from now on (1 is the next), whatever it asks. */
  readonly leaveAt: (frame: number) => void;
  /** Writes that came, lies included. */
  readonly writes: () => number;
}

const commands = { polling: 0x00, read: 0x06, write: 0x08 };
/** Status flag 2 with status flag 1 = 01: the first block of the list is to blame. */
const faults = { count: 0xa1, readOnly: 0xa5, service: 0xa6, block: 0xa8, authentication: 0xb1 };
const blockOctets = 16;

export function felicaCard(idm: Uint8Array, systems: readonly FelicaSystem[]): FelicaCard {
  const pmm = Uint8Array.of(0x01, 0x20, 0x22, 0x04, 0x27, 0x67, 0x4e, 0xff);
  const idmOf = (place = 0): Uint8Array => {
    const own = Uint8Array.from(idm);
    own[0] = (place << 4) | ((idm[0] ?? 0) & 0x0f);
    return own;
  };
  let mischief: (Mischief & { readonly until: number }) | null = null;
  let writes = 0;
  let framesLeft = Infinity;
  const due = (): Mischief['kind'] | null => {
    if (mischief === null || writes < mischief.until) return null;
    const { kind } = mischief;
    mischief = null;
    return kind;
  };
  return {
    systems,
    idm: idmOf,
    pmm,
    spoil: next => (mischief = { ...next, until: writes + next.atWrite }),
    leaveAt: frame => (framesLeft = frame),
    writes: () => writes,
    answer: frame => {
      framesLeft -= 1;
      if (framesLeft === 0) throw new CardGone();
      if (frame[0] !== frame.length) return null;
      if (frame[1] === commands.polling) return answerPolling(frame, { systems, idmOf, pmm });
      const place = systems.findIndex((_, at) => equal(frame.subarray(2, 10), idmOf(at)));
      const system = systems[place];
      if (system === undefined) return null;
      const asked = readAsked(frame);
      const reply = (code: number, ...rest: number[]): Uint8Array => framed([code, ...idmOf(place), ...rest]);
      if (frame[1] === commands.read) return answerRead(system, asked, reply);
      if (frame[1] !== commands.write) return null;
      writes += 1;
      return answerWrite(system, { asked, kind: due() }, reply);
    },
  };
}

interface Asked {
  readonly services: number[];
  readonly blocks: number[];
  readonly octets: Uint8Array;
}

function readAsked(frame: Uint8Array): Asked {
  let at = 10;
  const next = (): number => frame[at++] ?? 0;
  const services = Array.from({ length: next() }, () => next() | (next() << 8));
  const blocks = Array.from({ length: next() }, () => (next() & 0x80 ? next() : next() | (next() << 8)));
  return { services, blocks, octets: frame.subarray(at) };
}

type Reply = (code: number, ...rest: number[]) => Uint8Array;

function answerRead(system: FelicaSystem, { services, blocks }: Asked, reply: Reply): Uint8Array {
  const found = find(system, services, blocks);
  if (typeof found === 'number') return reply(0x07, 0x01, found);
  const octets = blocks.flatMap(block => [...(found.blocks[block] ?? [])]);
  return reply(0x07, 0, 0, blocks.length, ...octets);
}

function answerWrite(
  system: FelicaSystem,
  { asked, kind }: { readonly asked: Asked; readonly kind: Mischief['kind'] | null },
  reply: Reply,
): Uint8Array {
  const { services, blocks, octets } = asked;
  const found = find(system, services, blocks);
  if (typeof found === 'number') return reply(0x09, 0x01, found);
  if ((found.code & 0x3f) === 0x0b) return reply(0x09, 0x01, faults.readOnly);
  if (octets.length !== blocks.length * blockOctets) return reply(0x09, 0x01, faults.count);
  if (kind === 'goneBefore') throw new CardGone();
  const kept = kind === 'lie' ? [] : kind === 'torn' ? blocks.slice(0, 1) : blocks;
  kept.forEach((block, at) => {
    found.blocks[block]?.set(octets.subarray(at * blockOctets, (at + 1) * blockOctets));
  });
  if (kind === 'goneAfter' || kind === 'torn') throw new CardGone();
  return reply(0x09, 0, 0);
}

/** The service, or status flag 2. An even attribute asks for a key first. */
function find(system: FelicaSystem, services: number[], blocks: number[]): FelicaService | number {
  if (services.length !== 1 || blocks.length === 0 || blocks.length > 8) return faults.count;
  const service = system.services.find(({ code }) => code === services[0]);
  if (service === undefined) return faults.service;
  if (service.code % 2 === 0) return faults.authentication;
  return blocks.every(block => block < service.blocks.length) ? service : faults.block;
}

interface Polled {
  readonly systems: readonly FelicaSystem[];
  readonly idmOf: (place: number) => Uint8Array;
  readonly pmm: Uint8Array;
}

function answerPolling(frame: Uint8Array, { systems, idmOf, pmm }: Polled): Uint8Array | null {
  const [high = 0, low = 0, request = 0] = frame.subarray(2);
  const fits = (asked: number, own: number): boolean => asked === 0xff || asked === own;
  const place = systems.findIndex(({ code }) => fits(high, code >> 8) && fits(low, code & 0xff));
  const system = systems[place];
  if (system === undefined) return null;
  const named = request === 1 ? [system.code >> 8, system.code & 0xff] : [];
  return framed([0x01, ...idmOf(place), ...pmm, ...named]);
}

const framed = (octets: readonly number[]): Uint8Array => Uint8Array.of(octets.length + 1, ...octets);
const equal = (one: Uint8Array, other: Uint8Array): boolean => Buffer.compare(one, other) === 0;
