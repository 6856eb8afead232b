import { PkiError, type ErrorValues, type PkiErrorCode } from '../ca-core/errors.ts';
import { ServiceEnded } from './launch.ts';

/** Sentences for the person at the terminal; a code without one shows its own plain English. */
const sentences: Partial<Record<PkiErrorCode, (values: ErrorValues) => string>> = {
  settingsInvalid: ({ mistakes }) => (Array.isArray(mistakes) ? mistakes.join(' ') : 'The settings are not valid.'),
  policyInvalid: ({ mistakes }) => `The policies are not valid: ${Array.isArray(mistakes) ? mistakes.join('; ') : ''}`,
  portInUse: ({ port, setting }) => `Port ${String(port)} (${String(setting)}) is in use by another program.`,
  alreadyRunning: () => 'Kakuin is already running with this home; stop it first.',
  notInitialised: () => 'There is no CA in this home yet: run npm start, or npm run kakuin -- ceremony.',
  tablesUnfit: ({ ahead }) =>
    Array.isArray(ahead) && ahead.length > 0
      ? `The tables of this database are those of a later release (${ahead.join(', ')}): use that release.`
      : 'The tables of this database are those of an earlier release: run npm run kakuin -- database migrate.',
  passphraseWrong: () => 'The passphrase file does not open the keys of this home.',
  keyMissing: () => 'A key that this home should hold is missing.',
  tokenUnavailable: ({ what, reason }) =>
    what === undefined
      ? `The token with the CA keys cannot be used: ${String(reason)}.`
      : what === 'gone'
        ? `The token is not there: ${String(reason)}. Put it in again.`
        : `The token refuses: ${String(reason)}.`,
  backupUnfit: ({ reason }) => `The backup cannot be taken: ${String(reason)}.`,
  recoveryNeeded: ({ reasons }) =>
    `This CA was set back in time and signs nothing until npm run kakuin -- recover has put back what is missing: ${
      Array.isArray(reasons) ? reasons.join('; ') : ''
    }.`,
  personKnown: () => 'This mailbox belongs to somebody already.',
  personUnknown: () => 'There is no such person.',
  rolesForbidden: () =>
    'This person holds a role (or stands on the roll as an officer) that must not be combined with it.',
  invitationUnknown: () => 'No such invitation is open.',
  enrolmentInvalid: () => 'The registration does not fit its invitation; nothing was changed.',
  certificateUnknown: () =>
    'This CA has issued no such certificate: npm run kakuin -- certificates find TEXT looks for one.',
  alreadyRevoked: () => 'It is revoked already.',
  listInvalid: ({ what, line, most }) =>
    what === 'line'
      ? `Line ${String(line)} is no serial number in hex.`
      : what === 'tooMany'
        ? `More than ${String(most)} certificates are meant; one document names no more.`
        : `The list does not hold: ${String(what)}.`,
  quarterOpen: ({ quarter }) => `${String(quarter)} is not over, or nothing was logged since.`,
  keyNotBlocked: () => 'No such key is blocked.',
  proofInvalid: ({ reason }) => `This proves nothing about the key: ${String(reason)}.`,
  keyUnacceptable: ({ reason }) => `The key cannot be taken: ${String(reason)}.`,
  notOnHold: () => 'It is not on hold.',
  reasonNotAllowed: ({ reason }) => `The profile does not allow ${String(reason)} as a reason.`,
  notPermitted: ({ step, what }) => `This was not confirmed: ${String(step ?? what)}.`,
  signerUnfit: ({ reason }) => `It does not fit: ${String(reason)}.`,
  crlInvalid: ({ reason }) => `The CRL cannot be taken: ${String(reason)}.`,
  derMalformed: ({ what }) => `The file cannot be read as what it should be: ${String(what)}.`,
  stationUnpaired: () => 'This station is not paired yet: npm run kakuin -- station pair --help.',
  stationBusy: () => 'Another program of this station is at work; end it first.',
  pairingCodeMistyped: () => 'This is not a pairing code: a character is wrong or missing. Please look at it again.',
  pairingCodeWrong: () => 'Nobody has opened this pairing code; compare it with the console that drew it.',
  pairingCodeUsed: () => 'This pairing code has been used by another station; have a new one drawn.',
  pairingCodeExpired: () => 'This pairing code has expired; have a new one drawn.',
  credentialsRefused: () =>
    'The portal does not know who asks: the token has ended, or this station is not on the roll (any more).',
  tokenInUse: ({ serial }) =>
    `This station made the token ${String(serial)} for somebody; once it is back in your hands: npm run kakuin -- station tokens clear ${String(serial)}.`,
  tokenState: ({ state }) => `For the portal this token is ${String(state)}: it is not touched.`,
  tokenUnknown: () => 'This station has made no such token.',
  tokenKnown: () => 'One of these tokens is another station’s.',
  tokenJobState: ({ state }) => `This job is ${String(state)} and cannot be gone on with.`,
  tokenJobUnknown: () => 'The portal knows no such job.',
  tokenKeyTwice: () => 'Another key was handed in for this job before; this one is not certified.',
  tokenSpoilt: ({ reason }) => `This token is spoilt (${String(reason)}); the officers give another one.`,
  stationForeign: () => 'This job is another station’s.',
  tooManyAttempts: () => 'Too many requests; wait a minute.',
  cardGone: () => 'The card has left the reader; put it there again.',
  readersUnavailable: ({ reason }) =>
    reason === 'binding'
      ? 'There is no PC/SC binding: install libpcsclite-dev, then run npm install.'
      : 'The PC/SC daemon does not answer: is pcscd installed and running?',
  cardForeign: ({ reason }) => `This card cannot become a JCAN Pass (${String(reason)}).`,
  cardUnlike: () => 'What was written does not read back the same: put this card aside.',
  cardSecretInvalid: ({ reason }) => `What is on the card is not what a JCAN Pass holds (${String(reason)}).`,
  cardUnknown: () => 'This card is not registered.',
  cardKnown: ({ state }) => `This card is registered already (${String(state)}).`,
  cardState: ({ state }) => `The card is ${String(state)}, so this cannot be done.`,
  cardUnproven: () => 'The card could not be confirmed.',
  passUnknown: () => 'There is no certificate to be had with this card.',
  portalUnreachable: ({ url, reason }) => `The portal at ${String(url)} does not answer: ${String(reason)}.`,
  storeRefused: ({ program, reason }) =>
    `The certificate store did not take it (${String(program)}: ${String(reason)}).`,
  pkcs12Unopened: () => 'This password does not open the PKCS#12 file.',
  auditBroken: ({ reason }) => `The audit log is broken${reason === undefined ? '' : `: ${String(reason)}`}.`,
};

/** The sentence for an expected refusal, or undefined when the error is a bug and deserves its stack. */
export function sentenceOf(error: unknown): string | undefined {
  if (error instanceof ServiceEnded) return error.message;
  if (!(error instanceof PkiError)) return undefined;
  return sentences[error.code]?.(error.values) ?? error.message;
}

/** Says on standard error why nothing went on. */
export function sayWhy(error: unknown): void {
  console.error(sentenceOf(error) ?? error);
}
