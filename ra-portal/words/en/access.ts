import type { access as ja } from '../ja/access.ts';

export const access: Readonly<Record<keyof typeof ja, string>> = {
  'enter.wait': 'There were too many wrong tries. Please wait another {seconds} seconds.',
  'enter.passTitle': 'To enter without waiting',
  'enter.passText':
    'We send a link to the mail address of the application that lets you in without this wait. You enter the access code after you have opened the link.',
  'enter.passButton': 'Mail me the link',
  'enter.passSent':
    'If the reception number is right, a link was sent to the mail address of the application. It can be used for an hour.',
  'field.pass': 'Pass (in the mail)',
  'enter.pass.hint': 'Filled in already if you came by the link in the mail.',
  'letter.entryPass.subject': '[Kakuin] A link to your application ({caseId})',
  'letter.entryPass.body':
    'With this link you can open application {caseId} without waiting, until {until}.\n\n{link}\n\nEnter your access code on the page that it opens. The link alone does not open the application.\nIf the link does not open, enter this pass.\n{pass}\n\nIf you did not ask for it, please throw this mail away.',
  'letter.withdrawn.subject': '[Kakuin] Your application was withdrawn ({caseId})',
  'letter.withdrawn.body':
    'Application {caseId} was withdrawn and its documents were erased.\nIf this was not you, please look at this page.\n\n{link}',
  'letter.pickedUp.subject': '[Kakuin] Your key was picked up ({caseId})',
  'letter.pickedUp.body':
    'Key and certificate of application {caseId} were picked up.\nIf this was not you, open this page and revoke the certificate at once.\n\n{link}/revoke?because=notMine',
  'letter.wrongCodes.subject': '[Kakuin] Wrong access codes ({caseId})',
  'letter.wrongCodes.body':
    'Wrong access codes were entered for application {caseId}, several times. It was not opened.\nIf this was not you, there is nothing to do. If you cannot get in yourself, this page sends you a link that lets you in without waiting.\n\n{link}',

  'status.withdraw': 'Withdraw the application',
  'status.withdrawn.text': 'This application was withdrawn. Its documents are erased.',
  'status.remarks': 'What has to be corrected',
  'status.documents': 'Documents sent',
  'status.documents.add': 'See or add documents',
  'status.timer.asked': 'Received',
  'status.timer.ocsp': 'OCSP says revoked',
  'status.timer.crl': 'On the revocation list (CRL)',
  'status.timer.by': 'by {at}',
  'status.hold': 'The certificate is on hold.',
  'status.hold.text': 'Releasing it takes two officers. If what you lost does not turn up, you can revoke for good.',
  'status.release': 'Ask for its release',
  'status.releaseAsked': 'You asked for the release. Officers are looking at it.',
  'status.help': 'How to import it',
  'status.trouble': 'In trouble?',
  'status.trouble.lost': 'Key, device or password is lost, or somebody else may know it',
  'status.trouble.changed': 'Name, organisation or mail address has changed',
  'status.trouble.notMine': 'I did not pick this up',
  'status.trouble.secret': 'The pick-up secret was lost before pick-up',

  'withdraw.title': 'Withdraw this application?',
  'withdraw.text':
    'The review ends and the documents you sent are erased. This cannot be undone; if you need a certificate later, you apply anew.',
  'withdraw.button': 'Withdraw it',
  'caseDocuments.title': 'Documents of the application',

  'revoke.because.notMine':
    'If you did not pick the key up, somebody else may have it. Press “Revoke” below and it cannot be used any more.',
  'revoke.because.lost': 'If it does not turn up, or somebody else may know it, revoke it and apply anew.',
  'revoke.because.changed':
    'What a certificate says cannot be changed afterwards. Revoke this one and apply anew with what is right.',
  'revoke.timers':
    'OCSP tells of it within 60 seconds, the revocation list (CRL) within 10 minutes. You can do this at any hour.',
  'revoke.since.hint':
    'Signatures after this day are not to be trusted. Only if you know it: 2026-05-01 and R8.5.1 are both fine.',
  'revoke.back': 'Back without revoking',
  'pickUp.notMine': 'This was not me',
  'pickUp.again.title': 'This key was picked up already',
  'pickUp.again.text': 'It was picked up on {at}. It cannot be picked up a second time.',
  'pickUp.again.mine':
    'If it was you, use the file and the password that you kept. If they are lost, revoke the certificate and apply anew.',
  'pickUp.again.notMine': 'If it was not you, somebody else may have it. Please revoke the certificate at once.',
  'pickUp.next': 'How to import it',

  'lra.title': 'Applications and certificates of your organisation',
  'lra.lead': 'Only those of the organisation with Corporate Number {organisation} are shown.',
  'lra.search': 'Reception number or name',
  'lra.find': 'Find',
  'lra.none': 'There are none.',
  'lra.state': 'Standing',
  'lra.revokeText':
    'When somebody leaves, moves or loses the key, the desk of the organisation can revoke, too. It is recorded as such, and the subscriber gets a mail.',

  'report.title': 'Report a problem with a certificate',
  'report.lead':
    'Whoever sees a certificate misused, holds a key that is not theirs, or finds something untrue in a certificate can say so: anybody, at any hour, without a name.',
  'report.clock': 'Officers begin to look within 24 hours. A report alone revokes nothing.',
  'report.own': 'Your own certificate you can revoke at once, from the page of your application.',
  'report.serialNumber.hint': 'If you know it. Shown as “serial number” in the details of a certificate.',
  'report.words.hint': 'When, where, and what you saw. Please do not write the key or the password itself.',
  'report.contact.hint': 'Only if you want an answer: a mail address or a telephone number.',
  'report.button': 'Report it',
  'report.takenTitle': 'Your report was received',
  'report.taken': 'With this number you can see at any time what became of it.',
  'report.receipt': 'Number',
  'report.takenAt': 'Received',
  'report.by': 'Looked at by',
  'report.state': 'What became of it',
  'report.open': 'Waiting for an officer',
  'report.closed': 'Closed on {at}: {outcome}',
  'report.outcome.revoked': 'the certificate was revoked',
  'report.outcome.released': 'the hold was released',
  'report.outcome.unfounded': 'no problem was found',
  'report.outcome.unclear': 'it could not be made clear',
  'report.answer': 'Answer',
  'reports.title': 'Problem reports',
  'reports.lead': 'The oldest comes first. Those older than 24 hours are red.',
  'reports.none': 'There are none.',
  'reports.kind': 'Kind',
  'reports.kind.problem': 'problem',
  'reports.kind.release': 'release of a hold',
  'reports.kind.notMine': 'not picked up by its holder',
  'reports.late': 'late',
  'reports.certificate': 'Open the certificate',
  'reports.unknown': 'No certificate with this number was issued.',
  'reports.close': 'Close this report',
  'reports.closeText': 'Revoke or release on the page of the certificate first; then write down what was done.',
  'field.outcome': 'Outcome',
  'field.answer': 'Answer to who reported it',
  'foot.report': 'Report a problem with a certificate',
  'foot.help': 'Help',
  'foot.import': 'How to import a certificate',
  'foot.changes': 'Loss, changes, revocation',
};
