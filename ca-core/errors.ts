/** Every refusal the platform knows, closed: a catalogue that lacks one of these does not compile. */
export type PkiErrorCode =
  // configuration and start
  | 'settingsInvalid'
  | 'policyInvalid'
  | 'portInUse'
  | 'alreadyRunning'
  | 'notInitialised'
  | 'tablesUnfit'
  | 'passphraseWrong'
  | 'keyMissing'
  | 'tokenUnavailable'
  | 'backupUnfit'
  | 'recoveryNeeded'
  // encodings
  | 'derMalformed'
  | 'csrMalformed'
  | 'csrSignatureInvalid'
  | 'csrExtensionRefused'
  | 'keyUnacceptable'
  | 'keyBlocked'
  | 'keyNotBlocked'
  | 'proofInvalid'
  | 'nameTooLong'
  | 'nameCharacters'
  | 'ocspRequestMalformed'
  // applications
  | 'profileUnknown'
  | 'fieldMissing'
  | 'fieldInvalid'
  | 'corporateNumberCheckDigit'
  | 'corporateNumberIsTwelveDigits'
  | 'mailboxInvalid'
  | 'mailboxCodeWrong'
  | 'licenceInvalid'
  | 'dateInvalid'
  | 'fileKindUnknown'
  | 'fileUnsafe'
  | 'fileTooLarge'
  | 'fileTooCostly'
  | 'uploadsBusy'
  | 'fileTooMany'
  | 'tableUnreadable'
  | 'reportUnknown'
  | 'applicationUnknown'
  | 'applicationState'
  | 'caseHeld'
  | 'accessCodeWrong'
  | 'tooManyAttempts'
  | 'organisationUnknown'
  | 'organisationClosed'
  | 'registerUnavailable'
  | 'registerRecordStale'
  | 'registerMismatch'
  | 'registerAttributeUnverified'
  | 'variationUnconfirmed'
  | 'identityInsufficient'
  // approvals and the roll
  | 'documentMalformed'
  | 'documentUnknown'
  | 'documentVoided'
  | 'listInvalid'
  | 'attestationMissing'
  | 'attestationInvalid'
  | 'organisationForeign'
  | 'digestMismatch'
  | 'assertionInvalid'
  | 'assertionExpired'
  | 'approverUnknown'
  | 'approverIsApplicant'
  | 'approverIsEditor'
  | 'approverTwice'
  | 'authenticatorsMissing'
  | 'approvalsMissing'
  | 'caseAlreadySigned'
  | 'rollOutOfOrder'
  | 'enrolmentInvalid'
  | 'invitationUnknown'
  | 'signInRefused'
  | 'notPermitted'
  // people and rights
  | 'certificateAbsent'
  | 'certificateForeign'
  | 'certificateExpired'
  | 'certificateRevoked'
  | 'certificateOnHold'
  | 'certificateUnbound'
  | 'rolesForbidden'
  | 'ownRole'
  | 'roleChangeTakesTwo'
  | 'personUnknown'
  | 'personKnown'
  // programs: the JSON API
  | 'credentialsRefused'
  | 'scopeMissing'
  | 'signInStale'
  | 'idempotencyKeyMissing'
  | 'idempotencyKeyReused'
  | 'idempotencyKeyBusy'
  | 'mediaTypeUnsupported'
  | 'changedMeanwhile'
  // many people at once
  | 'jobUnknown'
  | 'jobState'
  | 'fileTwice'
  | 'rowsFaulty'
  | 'custodianUnfit'
  // cards
  | 'cardGone'
  | 'readersUnavailable'
  | 'cardForeign'
  | 'cardUnlike'
  | 'cardSecretInvalid'
  | 'cardUnknown'
  | 'cardKnown'
  | 'cardState'
  | 'cardUnproven'
  | 'passUnknown'
  | 'portalUnreachable'
  | 'storeRefused'
  | 'pkcs12Unopened'
  // USB tokens
  | 'tokenUnknown'
  | 'tokenKnown'
  | 'tokenState'
  | 'tokenTaken'
  | 'tokensTooFew'
  | 'tokenInUse'
  | 'tokenUnwanted'
  | 'tokenUnlike'
  | 'tokenKeyTwice'
  | 'keyNotOnTokens'
  | 'tokenJobUnknown'
  | 'tokenJobState'
  | 'stationForeign'
  | 'tokenSpoilt'
  | 'stationUnpaired'
  | 'stationBusy'
  | 'pairingCodeMistyped'
  | 'pairingCodeWrong'
  | 'pairingCodeUsed'
  | 'pairingCodeExpired'
  | 'orderRefused'
  | 'letterMissing'
  | 'handedBySame'
  // issuing, delivery, status
  | 'lintFailed'
  | 'orderUnknown'
  | 'orderTwice'
  | 'certificateUnknown'
  | 'alreadyPickedUp'
  | 'notYetIssued'
  | 'alreadyRevoked'
  | 'notOnHold'
  | 'reasonNotAllowed'
  | 'revocationRateExceeded'
  | 'signerUnfit'
  | 'crlInvalid'
  // audit
  | 'auditBroken'
  | 'quarterOpen'
  | 'storeUnavailable';

export type ErrorValues = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * An expected refusal: a code and the values that explain it. `message` is the plain English for logs and commands;
 * the sentences for people live in the catalogue of the folder that serves them.
 */
export class PkiError extends Error {
  readonly code: PkiErrorCode;
  readonly values: ErrorValues;

  constructor(code: PkiErrorCode, values: ErrorValues = {}) {
    const explained = Object.entries(values).map(([name, value]) => `${name}: ${String(value)}`);
    super(explained.length === 0 ? code : `${code} (${explained.join('; ')})`);
    this.name = 'PkiError';
    this.code = code;
    this.values = values;
  }
}

/**
 * The refusal behind an error that came of reading somebody's row: a PkiError is itself, what no reader could make
 * sense of is documentMalformed. Anything else (a store that fails, a disk that is full, a token that is away) is thrown
 * again: it says nothing about the row.
 */
export function refusalOf(error: unknown): PkiError {
  if (error instanceof PkiError && error.code !== 'tokenUnavailable') return error;
  const isNonsense = error instanceof SyntaxError || error instanceof TypeError || error instanceof RangeError;
  if (isNonsense) return new PkiError('documentMalformed', { mistakes: [error.message] });
  throw error;
}

/** One broken rule: where (a field or extension), which rule, and what was found. Checks return all of them. */
export interface Violation {
  readonly rule: string;
  readonly field: string;
  readonly found?: string;
}
