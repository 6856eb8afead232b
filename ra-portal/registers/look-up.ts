import type { RegisterRecords } from '../../ca-core/index.ts';
import type { Registers } from './register-source.ts';

/** What both registers say now; null for a register that does not know the number. Throws registerUnavailable. */
export async function lookUp(registers: Registers, corporateNumber: string, now: number): Promise<RegisterRecords> {
  const [nta, robins] = await Promise.all([
    registers.nta.find(corporateNumber, now),
    registers.robins.find(corporateNumber, now),
  ]);
  return { nta, robins };
}
