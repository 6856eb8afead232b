import type { letters as ja } from '../ja/letters.ts';

export const letters: Readonly<Record<keyof typeof ja, string>> = {
  'letter.mailboxCode.subject': '[Kakuin] Please confirm your mailbox ({caseId})',
  'letter.mailboxCode.body':
    'Your application for a certificate (reception number {caseId}) was received.\nPlease open this link before {until} and press “Confirm”.\n\n{link}\n\nIf the link does not open, enter this confirmation code.\n{code}\n\nIf you did not apply, please throw this mail away.',
  'letter.takeOver.subject': '[Kakuin] Your organisation applied for a certificate for you ({caseId})',
  'letter.takeOver.body':
    'The registration desk of {organisationName} applied for an electronic certificate for you (reception number {caseId}).\nPlease open this link before {until} and take the application over. You need the hand-over code of eight digits, which the desk gives you another way, and paper to write a secret down.\n\n{link}\n\nIf the link does not open, enter this confirmation code.\n{code}\n\nIf you know nothing of it, please throw this mail away.',
  'letter.ownFile.subject': '[Kakuin] Please fetch your certificate ({caseId})',
  'letter.ownFile.body':
    'Your electronic certificate, which the registration desk of {organisationName} applied for, was issued (reception number {caseId}).\nPlease open this link before {until} and save the file (.p12).\n\n{link}\n\nThe password that opens the file reaches you another way, from the keeper of passwords in your organisation. It is not in this mail.\n\nIf the link does not open, enter this confirmation code.\n{code}\n\nIf you know nothing of it, please throw this mail away.',
  'letter.returned.subject': '[Kakuin] Please correct your application ({caseId})',
  'letter.returned.body':
    'Something in application {caseId} has to be corrected.\nPlease open this page with your access code and change it.\n\n{link}',
  'letter.rejected.subject': '[Kakuin] Result of the review ({caseId})',
  'letter.rejected.body':
    'The review of application {caseId} has ended.\nPlease open this page with your access code to see the result.\n\n{link}',
  'letter.issued.subject': '[Kakuin] Your certificate was issued ({caseId})',
  'letter.issued.body':
    'The certificate for application {caseId} was issued.\nPlease open this page with your access code to pick it up.\n\n{link}',
  'letter.revoked.subject': '[Kakuin] Revocation received ({caseId})',
  'letter.revoked.body':
    'A revocation of the certificate of application {caseId} was received.\nIf this was not you, tell the operator at once.\n\n{link}',
  'letter.account.subject': '[Kakuin] Your account',
  'letter.account.body':
    'Dear {name},\n\nAn account at Kakuin has been made ready for you. Open this link, which works once, and register a passkey:\n{link}\n\nYou also need a code of 8 digits, which the administrator hands over another way. It is never sent by mail.',
  'letter.foot': 'Nobody reads answers to this mail. Kakuin never asks for passwords or access codes by mail.',
};
