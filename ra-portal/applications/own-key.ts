import { createHash } from 'node:crypto';
import type { CertificateProfile, SubjectKey } from '../../ca-core/index.ts';
import type { PortalParts } from '../parts.ts';
import type { FieldMistake, FormText } from './form-text.ts';
import { isMistakes } from './read-form.ts';
import { readSubjectKey } from './read-key.ts';

/**
 * As readSubjectKey, and a key on the block list is named as that. The CA core, which keeps the list itself, has the last
 * word.
 */
export async function readUnblockedKey(
  { ca, policies }: Pick<PortalParts, 'ca' | 'policies'>,
  { text, profile }: { readonly text: FormText; readonly profile: CertificateProfile },
  sealTo: 'withSealTo' | 'beforeSealTo',
): Promise<SubjectKey | readonly FieldMistake[]> {
  const key = readSubjectKey(text, { profile, policies }, sealTo);
  if (isMistakes(key) || key.from !== 'csr') return key;
  const hash = createHash('sha256').update(Buffer.from(key.subjectPublicKeyInfo, 'hex')).digest('hex');
  return (await ca.keyOrders.isBlocked(hash)) ? [{ rule: 'keyBlocked', field: 'certificationRequest' }] : key;
}
