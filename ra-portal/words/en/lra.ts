import type { lra as ja } from '../ja/lra.ts';

export const lra: Readonly<Record<keyof typeof ja, string>> = {
  'lra.apply': 'Apply for a member of staff',
  'lra.applyText':
    'You may write the application for a member of your organisation and send the papers that show who it is. Key and secret go to the member alone. What you wrote, you cannot approve.',
  'lra.list': 'Applications and certificates',
  'lra.begin': 'Begin an application',
  'lra.drafts': 'Drafts',
  'lra.draft.unnamed': '(no name yet)',
  'lra.draft.until': 'until {until}',
  'lra.step.organisation.title': 'Check the organisation and what is named',
  'lra.step.contact.title': "Enter the member's own mailbox",
  'lra.step.identity.title': 'How did you see who it is?',
  'step.identity': 'Identity',
  'lra.organisation.hint':
    'You may apply for members of your own organisation only. Its name was taken from the register.',
  'lra.mailbox.hint':
    'A mailbox that only the member reads. The letter to take the application over goes there, and it stands in the certificate.',
  'lra.key.hint': "The CA makes the key after the approval, sealed so that only the member's browser can open it.",
  'lra.identity': 'Identity seen by the desk',
  'lra.identity.lead':
    'It is kept with your name, as a record of who saw the member. Officers check the papers besides.',
  'lra.identity.choose': 'Please choose',
  'lra.identity.seenOn.hint': 'A date such as 2026-05-01.',
  'field.identityMethod': 'How it was seen',
  'field.identitySeenOn': 'Day on which it was seen',
  'field.handOverCode': 'Hand-over code',
  'error.handOverCodeWrong': 'The hand-over code is wrong. Please check the eight digits that the desk gave you.',
  'lra.review.lead': 'Nothing is sent yet. Check everything with the member and press “Send this application” below.',
  'lra.review.next':
    'A letter then goes to {mailbox}, and you see a hand-over code of eight digits. The review begins once the member has taken the application over.',
  'lra.applied.title': 'Hand it over to the member',
  'lra.applied.lead': 'The hand-over code is shown on this page only.',
  'lra.applied.hint':
    'Give it to the member in person, by word or on paper, never by mail. Once the member has taken over, it opens nothing.',
  'lra.applied.mail': 'The letter to take over went to {mailbox}.',
  'lra.applied.until': 'It can be used until {until}.',
  'lra.applied.secret':
    'The review begins once the member has opened the link, entered the code and drawn the pick-up secret in a browser of their own.',
  'lra.waiting': 'The member has not taken over yet. If the letter is too old or the code is lost, make new ones.',
  'lra.again': 'New letter and code',
  'lra.takenOver': 'Taken over by the member: {at}',
  'lra.notTakenOver': 'Not taken over yet',
  'lra.takeOver': 'Taken over',
  'lra.seen': '{method}, {on} ({by})',
  'lra.correct.mailbox': 'With another mailbox, the member has to take the application over anew.',
  'case.desk': "Written by the organisation's desk",
  'case.desk.by': 'Applied for by {name} ({mailbox}), {at}. This person cannot approve it.',
  'case.desk.seen': 'The desk says that it saw the member on {on}: {method}',
  'event.application.submittedByLra': "Application of the organisation's desk received",
  'event.application.takenOver': 'Taken over by the member',
  'event.application.memberInvited': 'Member invited again',
  'event.document.addedByLra': "Document added by the organisation's desk",
  'takeOver.title': 'Take the application over',
  'takeOver.lead':
    'The registration desk of your organisation applied for a certificate for you. Enter both codes, write down the secret below, and take the application over. You can then see what it says.',
  'takeOver.lead.token':
    'The registration desk of your organisation applied for a certificate for you. Enter both codes and take the application over. You can then see what it says.',
  'takeOver.handOverCode.hint': 'The eight digits that the desk gave you. They stand in no mail.',
  'takeOver.button': 'Take over',
  'takenOver.title': 'The application is yours',
  'takenOver.look': 'Please check what the application says. If it is wrong, withdraw it and tell the desk.',
};
