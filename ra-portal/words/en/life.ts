import type { life as ja } from '../ja/life.ts';

/** The end of a certificate, and what comes after. */
export const life: Readonly<Record<keyof typeof ja, string>> = {
  'renew.title': 'Renew a certificate',
  'renew.lead':
    'A renewal is a new application. We make one ready with what stood in the last: look at each page again and send it.',
  'renew.again':
    'You and your organisation are confirmed as before. Officers may use what they confirmed last time again, as long as the policy allows.',
  'renew.stays': 'Your JCAN pass card or USB token stays yours: the new certificate goes onto the same one.',
  'renew.former': 'Your certificate of today works until it ends.',
  'renew.begin': 'Open the application made ready',
  'renew.sent':
    'A code was sent to the mailbox of the certificate. If nothing comes, wait five minutes and ask for another.',
  'renew.ask': '1. Get a code',
  'renew.ask.text': 'Only who reads the mailbox of the certificate can open what stood in the last application.',
  'renew.ask.button': 'Send me a code',
  'renew.askAgain': 'Send another code',
  'renew.code': '2. Enter the code',
  'renew.code.hint': 'The link in the mail fills it in. It works for an hour, once.',
  'renew.enter': 'Open the application with the 8-digit access code',
  'status.renew': 'When the end comes near, apply for the next certificate with what stood in this application.',
  'status.renew.link': 'Apply for the next certificate',

  'case.renewal': 'Renewal of application',
  'case.renewal.certificate': 'The certificate before (until {until})',
  'case.renewal.differences': 'What differs',
  'case.renewal.same': 'Everything claimed is as it was.',
  'case.renewal.field': 'Field',
  'case.renewal.before': 'Before',
  'case.renewal.now': 'Now',
  'case.renewal.evidence': 'Seen last time, and not too old for the policy',
  'case.renewal.none': 'Nothing counts again: confirm everything as for a first application.',
  'case.renewal.take': 'Use this again',
  'case.renewal.taken': 'Used in this case',
  'event.evidence.reused': 'Used evidence of the case before again',
  'event.renewal.begun': 'Renewal begun',
  'event.renewal.codeSent': 'Code for a renewal sent',
  'event.expiry.noticed': 'Told that the certificate ends',

  'ending.title': 'Certificates that end soon',
  'ending.lead': 'They end within {days} days and were not renewed yet. Their holders were told, too.',
  'ending.none': 'No certificate ends within {days} days.',
  'ending.more': 'Only the {count} that end first are shown.',
  'ending.until': 'Ends on',
  'ending.left': 'Left',
  'ending.days': '{days} days',
  'ending.act': 'Do',
  'ending.renew': 'Apply again',

  'letter.expiry.subject': '[Kakuin] Your certificate ends soon ({caseId})',
  'letter.expiry.body':
    'The certificate of application {caseId} (serial number {serialNumber}) ends on {until}: {days} days from now.\nAfter that it works no more for signing, encrypted mail and signing in.\n\nApply for the next one on this page, where an application with what stood in the last is made ready:\n{link}\n\nIf you need no other, there is nothing to do.',
  'letter.expiryDigest.subject': '[Kakuin] Certificates that end soon ({count})',
  'letter.expiryDigest.body':
    'These certificates of your organisation end soon. Their holders were told, too.\n\n{list}\n\nSign in and open this page for their names, and to apply again:\n{link}',
  'letter.expiryDigest.more': 'and {count} more',
  'letter.renewal.subject': '[Kakuin] Code to renew your certificate ({caseId})',
  'letter.renewal.body':
    'This code renews the certificate of application {caseId}. Open this link before {until} and choose “Open the application made ready”.\n\n{link}\n\nIf the link does not open, enter the code:\n{code}\n\nIf you did not ask for this, throw this mail away.',
};
