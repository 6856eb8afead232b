import type { CertificateApplication } from '../applications/application.ts';
import { renewalLink } from '../renewals/renewal-link.ts';
import type { Language } from '../words/language.ts';
import { dateText, type WordValues } from '../words/words.ts';
import type { LetterText } from './letters.ts';
import { inBoth } from './life-letters.ts';

/** Asks a subscriber to apply anew before the certificate is revoked; it holds no secret and opens nothing by itself. */
export function rekeyLetter(
  { claim, caseId, language }: CertificateApplication,
  {
    serialNumber,
    revokeAt,
    portalUrl,
    isReminder,
  }: {
    readonly serialNumber: string;
    readonly revokeAt: number;
    readonly portalUrl: string;
    readonly isReminder: boolean;
  },
): LetterText {
  const link = renewalLink(portalUrl, caseId);
  const values = (one: Language): WordValues => ({ caseId, serialNumber, link, until: dateText(one, revokeAt) });
  return inBoth(claim.mailbox, isReminder ? 'letter.rekeyReminder' : 'letter.rekey', { first: language, values });
}
