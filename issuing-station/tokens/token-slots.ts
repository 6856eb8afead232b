/** The tokens that lie in the slots of a PKCS#11 module, and how one is erased and made ready. */
import graphene from 'graphene-pk11';
import type { Module, Slot } from 'graphene-pk11';
import { openPersonalToken, type PersonalToken } from './personal-token.ts';
import { guarded, troubleWith } from './token-failure.ts';

const { SessionFlag, TokenFlag, UserType } = graphene;

/** CKF_OS_LOCKING_OK (PKCS#11 §5.4). */
const osLockingOk = 2;
const labelLength = 32;

/** A token as it lies there, before anybody logs in. */
export interface TokenInSlot {
  readonly serial: string;
  readonly label: string;
  readonly manufacturer: string;
  readonly model: string;
  readonly isPinLocked: boolean;
}

export interface TokenPins {
  readonly so: string;
  readonly user: string;
}

export interface TokenSlots {
  /** Every token with a serial number. Throws tokenUnavailable. */
  readonly list: () => readonly TokenInSlot[];
  /**
   * Erases the token, gives it both PINs and a label of at most 32 octets. `soPin` is the one it has now; a wrong one is
   * tried once. Throws tokenUnavailable {what, reason}.
   */
  readonly initialise: (serial: string, soPin: string, pins: TokenPins, label: string) => void;
  /** Logs in as its user. Throws tokenUnavailable {what, reason}. */
  readonly open: (serial: string, userPin: string) => PersonalToken;
  readonly close: () => void;
}

/** Loads a PKCS#11 module for this program. Throws tokenUnavailable {what, reason}. */
export function openTokenSlots(modulePath: string): TokenSlots {
  const module = guarded(() => graphene.Module.load(modulePath));
  guarded(() => module.initialize({ flags: osLockingOk }));
  return {
    list: () => guarded(() => slotsOf(module).map(({ seen }) => seen)),
    initialise: (serial, soPin, pins, label) =>
      guarded(() => initialise(slotOf(module, serial), soPin, { pins, label })),
    open: (serial, userPin) => guarded(() => openPersonalToken(slotOf(module, serial), serial, userPin)),
    close: () => module.finalize(),
  };
}

interface SeenSlot {
  readonly slot: Slot;
  readonly seen: TokenInSlot;
}

function slotsOf(module: Module): SeenSlot[] {
  return Array.from(module.getSlots(true)).flatMap(slot => {
    const token = slot.getToken();
    if (token.serialNumber === '') return [];
    const { serialNumber: serial, label, manufacturerID: manufacturer, model, flags } = token;
    const isPinLocked = (flags & TokenFlag.USER_PIN_LOCKED) !== 0;
    return [{ slot, seen: { serial, label, manufacturer, model, isPinLocked } }];
  });
}

function slotOf(module: Module, serial: string): Slot {
  const [found, ...others] = slotsOf(module).filter(({ seen }) => seen.serial === serial);
  if (found === undefined) throw troubleWith('gone', `the token ${serial} is not there`);
  if (others.length > 0) throw troubleWith('unfit', 'two tokens have this serial number');
  return found.slot;
}

interface Personality {
  readonly pins: TokenPins;
  readonly label: string;
}

function initialise(slot: Slot, soPin: string, { pins, label }: Personality): void {
  const flags = slot.getToken().flags;
  if ((flags & (TokenFlag.SO_PIN_LOCKED | TokenFlag.SO_PIN_FINAL_TRY)) !== 0)
    throw troubleWith('unfit', 'one more wrong SO-PIN would lock it');
  // Sessions that an earlier failure left open would keep it from being erased.
  slot.closeAll();
  slot.lib.C_InitToken(slot.handle, soPin, label.slice(0, labelLength).padEnd(labelLength));
  const session = slot.open(SessionFlag.SERIAL_SESSION | SessionFlag.RW_SESSION);
  try {
    session.login(soPin, UserType.SO);
    session.initPin(pins.user);
    session.setPin(soPin, pins.so);
    session.logout();
  } finally {
    session.close();
  }
}
