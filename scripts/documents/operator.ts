/** policies/operator.yaml: what only the operator can say of itself in the CP/CPS. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readBy, z } from '../../ca-core/schema.ts';

const both = z.strictObject({ ja: z.string().min(1), en: z.string().min(1) });

const operator = z
  .object({
    ...{
      name: both,
      address: both,
      contact: both,
      problemReports: both,
      problemResponse: both,
      repository: both,
      documentOid: both,
    },
    version: z.string().min(1),
    ...{ effective: both, authority: both, premises: both, power: both, waterAndFire: both, media: both },
    ...{ offSite: both, personnel: both, training: both, sanctions: both, keyModule: both, records: both },
    ...{ recovery: both, audit: both, fees: both, insurance: both, liability: both, privacy: both },
    ...{ amendmentNotice: both, disputes: both, law: both },
  })
  .strict();

/** The names of what is still a placeholder. Throws policyInvalid {mistakes} where the file is not as it must be. */
export function placeholdersIn(policies: string): string[] {
  const read = readBy(operator, parse(readFileSync(join(policies, 'operator.yaml'), 'utf8')), 'policyInvalid');
  const isPlaceholder = (text: string): boolean => text.includes('TO BE FILLED IN') || text.includes('要記入');
  return Object.entries(read).flatMap(([name, said]) => {
    const texts = typeof said === 'string' ? [said] : [said.ja, said.en];
    return texts.some(isPlaceholder) ? [name] : [];
  });
}
