/** The letters to an applicant, in the applicant's language. None holds a secret but the code that proves the mailbox. */
import type { CertificateApplication } from '../applications/application.ts';
import { say, timeText } from '../words/words.ts';

export interface LetterText {
  readonly mailbox: string;
  readonly subject: string;
  readonly body: string;
}

/** `takeOver` is for whom the organisation's desk applied, `ownFile` for whose PKCS#12 a job made. */
export type MailboxLetter = 'mailboxCode' | 'takeOver' | 'ownFile';
const pageOf: Readonly<Record<MailboxLetter, string>> = {
  mailboxCode: 'mailbox',
  takeOver: 'take-over',
  ownFile: 'own-file',
};

export function mailboxCodeLetter(
  application: CertificateApplication,
  { code, until, portalUrl }: { code: string; until: number; portalUrl: string },
  kind: MailboxLetter = 'mailboxCode',
): LetterText {
  const query = kind === 'takeOver' && application.subjectKey.from === 'station' ? '?key=token' : '';
  const link = `${portalUrl}/applications/${application.caseId}/${pageOf[kind]}${query}#${code}`;
  const { organisationName } = application.claim;
  return letter(application, kind, { code, link, organisationName, until: timeText(application.language, until) });
}

/** The pass alone opens nothing: it only spares its holder the wait that somebody else's guesses made. */
export function entryPassLetter(
  application: CertificateApplication,
  { pass, until, portalUrl }: { pass: string; until: number; portalUrl: string },
): LetterText {
  const link = `${portalUrl}/applications/${application.caseId}?pass#${pass}`;
  return letter(application, 'entryPass', { pass, link, until: timeText(application.language, until) });
}

export type Tidings = 'returned' | 'rejected' | 'issued' | 'revoked' | 'withdrawn' | 'pickedUp' | 'wrongCodes';

/** Tells that something happened and where to look; what happened in detail is on the page behind the access code. */
export function tidingsLetter(application: CertificateApplication, tidings: Tidings, portalUrl: string): LetterText {
  return letter(application, tidings, { link: `${portalUrl}/applications/${application.caseId}` });
}

function letter(
  { claim, caseId, language }: CertificateApplication,
  kind: Tidings | MailboxLetter | 'entryPass',
  values: Readonly<Record<string, string>>,
): LetterText {
  return {
    mailbox: claim.mailbox,
    subject: say(language, `letter.${kind}.subject`, { caseId }),
    body: `${say(language, `letter.${kind}.body`, { caseId, ...values })}\n\n${say(language, 'letter.foot')}\n`,
  };
}
