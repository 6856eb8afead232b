import { PkiError } from '../../ca-core/errors.ts';
import type { PortalParts } from '../parts.ts';
import { addEditor, forgetVariations } from '../store/reviews.ts';
import type { AtWork } from './at-work.ts';
import { changeCase } from './change-case.ts';

/** What an officer may set right where the applicant mistyped it: neither the organisation's number nor the mailbox. */
export const editableFields = ['kanjiName', 'kanaName', 'romanName', 'organisationName'] as const;

/**
 * Changes one field of the claim. Whoever does so may not approve the case any more: the document names them, and the
 * desk and the CA core refuse their signature. Throws fieldInvalid and what changeCase throws.
 */
export async function editClaim(
  parts: PortalParts,
  atWork: AtWork,
  { field, value }: { field: unknown; value: unknown },
): Promise<void> {
  const known = editableFields.find(name => name === field);
  const text = typeof value === 'string' ? value.trim().normalize('NFC') : '';
  if (known === undefined) throw new PkiError('fieldInvalid', { field: 'field' });
  if (text === '' || text.length > 255 || /\p{C}/u.test(text)) throw new PkiError('fieldInvalid', { field: known });
  await changeCase(parts, atWork, {
    action: 'claim.edited',
    details: { field: known },
    change: async (trx, { caseId, claim }, at) => {
      await addEditor(trx, caseId, { editor: atWork.officer.id, at });
      await forgetVariations(trx, caseId);
      return { claim: { ...claim, [known]: text } };
    },
  });
}
