/** Codes become HTTP here and nowhere else: a page for people, a problem (RFC 9457) for programs, never a stack. */
import type { ErrorRequestHandler, Request, Response } from 'express';
import { PkiError, type ErrorValues, type PkiErrorCode } from '../../ca-core/errors.ts';
import { isStoreAway } from '../../ca-core/index.ts';
import type { Log } from '../../ca-core/log.ts';
import { valuesInWords, type WordKey } from '../words/words.ts';
import { mannersOf } from './manners.ts';

const operators = 503;
const badRequest = 400;
const unauthorized = 401;
const forbidden = 403;
const missing = 404;
const conflict = 409;
const gone = 410;
const unprocessable = 422;
const tooMany = 429;

export const statusOf: Readonly<Record<PkiErrorCode, number>> = {
  settingsInvalid: operators,
  policyInvalid: operators,
  portInUse: operators,
  alreadyRunning: operators,
  notInitialised: operators,
  tablesUnfit: operators,
  passphraseWrong: operators,
  keyMissing: operators,
  tokenUnavailable: operators,
  backupUnfit: operators,
  recoveryNeeded: operators,
  derMalformed: unprocessable,
  csrMalformed: unprocessable,
  csrSignatureInvalid: unprocessable,
  csrExtensionRefused: unprocessable,
  keyUnacceptable: unprocessable,
  keyBlocked: unprocessable,
  keyNotBlocked: conflict,
  proofInvalid: unprocessable,
  nameTooLong: unprocessable,
  nameCharacters: unprocessable,
  ocspRequestMalformed: badRequest,
  profileUnknown: unprocessable,
  fieldMissing: unprocessable,
  fieldInvalid: unprocessable,
  corporateNumberCheckDigit: unprocessable,
  corporateNumberIsTwelveDigits: unprocessable,
  mailboxInvalid: unprocessable,
  mailboxCodeWrong: forbidden,
  licenceInvalid: unprocessable,
  dateInvalid: unprocessable,
  fileKindUnknown: unprocessable,
  fileUnsafe: unprocessable,
  fileTooLarge: unprocessable,
  fileTooCostly: unprocessable,
  uploadsBusy: operators,
  fileTooMany: unprocessable,
  tableUnreadable: unprocessable,
  reportUnknown: missing,
  applicationUnknown: missing,
  applicationState: conflict,
  caseHeld: conflict,
  accessCodeWrong: forbidden,
  tooManyAttempts: tooMany,
  organisationUnknown: unprocessable,
  organisationClosed: unprocessable,
  registerUnavailable: operators,
  registerRecordStale: conflict,
  registerMismatch: unprocessable,
  registerAttributeUnverified: unprocessable,
  variationUnconfirmed: conflict,
  identityInsufficient: conflict,
  documentMalformed: unprocessable,
  documentUnknown: missing,
  documentVoided: conflict,
  listInvalid: unprocessable,
  attestationMissing: unprocessable,
  attestationInvalid: unprocessable,
  organisationForeign: forbidden,
  digestMismatch: conflict,
  assertionInvalid: unprocessable,
  assertionExpired: forbidden,
  approverUnknown: forbidden,
  approverIsApplicant: forbidden,
  approverIsEditor: forbidden,
  approverTwice: conflict,
  authenticatorsMissing: forbidden,
  approvalsMissing: conflict,
  caseAlreadySigned: conflict,
  rollOutOfOrder: conflict,
  enrolmentInvalid: conflict,
  invitationUnknown: missing,
  signInRefused: forbidden,
  notPermitted: forbidden,
  certificateAbsent: forbidden,
  certificateForeign: forbidden,
  certificateExpired: forbidden,
  certificateRevoked: forbidden,
  certificateOnHold: forbidden,
  certificateUnbound: forbidden,
  rolesForbidden: conflict,
  ownRole: forbidden,
  roleChangeTakesTwo: forbidden,
  personUnknown: missing,
  personKnown: conflict,
  credentialsRefused: unauthorized,
  scopeMissing: forbidden,
  signInStale: forbidden,
  idempotencyKeyMissing: badRequest,
  idempotencyKeyReused: unprocessable,
  idempotencyKeyBusy: conflict,
  mediaTypeUnsupported: 415,
  changedMeanwhile: 412,
  jobUnknown: missing,
  jobState: conflict,
  fileTwice: conflict,
  rowsFaulty: unprocessable,
  custodianUnfit: unprocessable,
  cardGone: conflict,
  readersUnavailable: operators,
  cardForeign: unprocessable,
  cardUnlike: conflict,
  cardSecretInvalid: unprocessable,
  cardUnknown: missing,
  cardKnown: conflict,
  cardState: conflict,
  cardUnproven: forbidden,
  passUnknown: missing,
  tokenUnknown: missing,
  tokenKnown: conflict,
  tokenState: conflict,
  tokenTaken: conflict,
  tokensTooFew: conflict,
  tokenInUse: conflict,
  tokenUnwanted: conflict,
  tokenUnlike: conflict,
  tokenKeyTwice: conflict,
  keyNotOnTokens: unprocessable,
  tokenJobUnknown: missing,
  tokenJobState: conflict,
  stationForeign: forbidden,
  tokenSpoilt: conflict,
  stationBusy: conflict,
  stationUnpaired: conflict,
  pairingCodeMistyped: unprocessable,
  pairingCodeWrong: forbidden,
  pairingCodeUsed: conflict,
  pairingCodeExpired: forbidden,
  orderRefused: conflict,
  letterMissing: conflict,
  handedBySame: conflict,
  portalUnreachable: operators,
  storeRefused: operators,
  pkcs12Unopened: unprocessable,
  lintFailed: operators,
  orderUnknown: missing,
  orderTwice: conflict,
  certificateUnknown: missing,
  alreadyPickedUp: gone,
  notYetIssued: conflict,
  alreadyRevoked: conflict,
  notOnHold: conflict,
  reasonNotAllowed: unprocessable,
  revocationRateExceeded: tooMany,
  signerUnfit: operators,
  crlInvalid: operators,
  quarterOpen: conflict,
  auditBroken: operators,
  storeUnavailable: operators,
};

interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly values: ErrorValues;
}

/** Programs that ask for JSON get a problem; browsers a page. */
export const wantsJson = (request: Request): boolean => request.accepts(['html', 'json']) === 'json';

export function answerError(log: Log): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) {
      next(error);
      return;
    }
    const refusal = refusalIn(error);
    if (refusal.status === 500 || isStoreAway(error)) log.error({ err: error, path: request.path }, 'a request failed');
    const { seconds } = refusal.values;
    if (typeof seconds === 'number') response.set('Retry-After', String(seconds));
    answerRefusal(request, response, refusal);
  };
}

function answerRefusal(request: Request, response: Response, { status, code, values }: Refusal): void {
  const { language, say, time } = mannersOf(response);
  const timed = typeof values['at'] === 'number' ? { ...values, at: time(values['at']) } : values;
  const shown = valuesInWords(language, code, timed);
  const sentence = say(`error.${code}` as WordKey, shown);
  response.status(status);
  if (wantsJson(request)) {
    const problem = { type: `urn:kakuin:refusal:${code}`, title: sentence, status, code, ...numbersOf(values) };
    response.type('application/problem+json').send(JSON.stringify(problem));
    return;
  }
  response.render('refusal', { sentence, status });
}

/** Times and waits are for programs, too; other values stay inside. */
function numbersOf(values: ErrorValues): ErrorValues {
  const told = ['at', 'until', 'seconds', 'missing', 'holder'];
  return Object.fromEntries(Object.entries(values).filter(([name]) => told.includes(name)));
}

function refusalIn(error: unknown): Refusal {
  if (isStoreAway(error)) return { status: statusOf.storeUnavailable, code: 'storeUnavailable', values: {} };
  if (error instanceof PkiError) return { status: statusOf[error.code], code: error.code, values: error.values };
  const { status } = (typeof error === 'object' ? error : null) as { status?: unknown } & object;
  if (status === 413) return { status: 413, code: 'requestTooLarge', values: {} };
  if (typeof status === 'number' && status >= 400 && status < 500) {
    return { status, code: status === 403 ? 'notPermitted' : 'requestMalformed', values: {} };
  }
  return { status: 500, code: 'internalError', values: {} };
}
