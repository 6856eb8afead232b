import type { rules as ja } from '../ja/rules.ts';

export const rules: Readonly<Record<keyof typeof ja, string>> = {
  'rule.registerMismatch': '{field}: does not agree with the register ({found}).',
  'rule.registerAttributeUnverified': '{field}: not verified in the register.',
  'rule.registerRecordStale': '{field}: the record is too old; please fetch it again.',
  'rule.variationUnconfirmed': '{field}: nobody has confirmed yet that the two spellings mean the same.',
  'rule.organisationClosed': '{field}: the organisation is closed or not published ({found}).',
  'rule.organisationUnknown': '{field}: the register has no such organisation.',
  'rule.nameCharacters': '{field}: has characters that cannot stand in a certificate ({found}).',
  'rule.nameTooLong': '{field}: too long ({found}).',
  'rule.fieldMissing': '{field}: empty.',
  'rule.fieldInvalid': '{field}: not in the right form.',
  'rule.identityInsufficient': '{field}: not enough evidence.',
  'rule.mailboxUnproven': 'The applicant has not proved the mailbox yet.',
  'rule.tokenAwaited': 'The USB token on which the key will be made is not given yet.',
  'rule.takeOverAwaited': 'The member has not taken the application over yet (no pick-up secret is drawn).',
  'rule.other': '{field}: breaks the rule {rule}. {found}',
};
