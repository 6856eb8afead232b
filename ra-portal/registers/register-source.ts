import type { NtaRecord, RobinsRecord } from '../../ca-core/index.ts';

/**
 * Where the facts about an organisation come from. `find` answers null when the register knows no such number, and
 * throws registerUnavailable when it gives no answer at all: the two must never be mistaken for each other.
 */
export interface RegisterSource<Entry extends NtaRecord | RobinsRecord = NtaRecord | RobinsRecord> {
  readonly name: Entry['source'];
  /** `corporateNumber` is 13 digits with a right check digit; `now` in Unix seconds is recorded as the time of fetching. */
  readonly find: (corporateNumber: string, now: number) => Promise<Entry | null>;
}

export interface Registers {
  readonly nta: RegisterSource<NtaRecord>;
  readonly robins: RegisterSource<RobinsRecord>;
}
