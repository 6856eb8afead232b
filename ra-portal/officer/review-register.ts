import { PkiError } from '../../ca-core/errors.ts';
import { registerMatch, type RegisterRecords } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import { lookUp } from '../registers/look-up.ts';
import { addRegisterRecords, addVariation, forgetVariations, registerRecordsOf } from '../store/reviews.ts';
import { caseContent } from './case-file.ts';
import type { AtWork } from './at-work.ts';
import { changeCase } from './change-case.ts';

/** An officer says that two spellings mean the same. Throws fieldInvalid when that field has no 表記ゆれ. */
export async function confirmVariation(parts: PortalParts, atWork: AtWork, field: unknown): Promise<void> {
  await changeCase(parts, atWork, {
    action: 'variation.confirmed',
    details: { field: String(field).slice(0, 64) },
    change: async (trx, { caseId, claim }, at) => {
      const register = await registerRecordsOf(trx, caseId);
      const { verdicts } = registerMatch({ claim, register, policies: parts.policies, now: at });
      const found = verdicts.find(verdict => verdict.field === field && verdict.verdict === 'variation');
      if (found === undefined) throw new PkiError('fieldInvalid', { field: 'field' });
      await addVariation(trx, caseId, { field: found.field, confirmedBy: atWork.officer.id, at });
      return {};
    },
  });
}

/** Asks the registers again. A record that says something new has to be compared anew. Throws registerUnavailable. */
export async function refreshRegister(parts: PortalParts, atWork: AtWork): Promise<void> {
  const { application, profile } = await caseContent(parts, parts.database, atWork.caseId);
  const found = await lookUp(parts.registers, application.claim.corporateNumber, parts.clock.now());
  const asked = (name: 'nta' | 'robins'): boolean => profile.registers.includes(name);
  const records = { nta: asked('nta') ? found.nta : null, robins: asked('robins') ? found.robins : null };
  await changeCase(parts, atWork, {
    action: 'register.fetched',
    details: { nta: records.nta?.rawHash ?? 'none', robins: records.robins?.rawHash ?? 'none' },
    change: async (trx, { caseId }, at) => {
      if (!isSame(await registerRecordsOf(trx, caseId), records)) await forgetVariations(trx, caseId);
      await addRegisterRecords(trx, caseId, { records, at });
      return {};
    },
  });
}

/** Whether a record is too old to be signed. */
export function isStale({ policies, clock }: PortalParts, { nta, robins }: RegisterRecords): boolean {
  const oldest = clock.now() - policies.register.recordMaxAge;
  return [nta, robins].some(record => record !== null && record.fetchedAt < oldest);
}

function isSame(before: RegisterRecords, after: RegisterRecords): boolean {
  return before.nta?.rawHash === after.nta?.rawHash && before.robins?.rawHash === after.robins?.rawHash;
}
