import { join } from 'node:path';
import { systemClock } from '../ca-core/clock.ts';
import {
  confirmEnrolment,
  pendingEnrolments,
  type Confirmation,
  type OneTimeLink,
  type PendingEnrolment,
  type Terminal,
} from '../ca-core/console.ts';
import { PkiError } from '../ca-core/errors.ts';
import { openAnchors } from '../ca-core/home/home.ts';
import { openStore, readPolicies } from '../ca-core/index.ts';
import { withDatabase } from './prepare.ts';
import { settingOf, type Settings } from './settings.ts';

/** Opens the CA core's console for one piece of work. Throws notInitialised before the ceremony. */
export async function withConsole<T>(settings: Settings, work: (console: Terminal) => Promise<T>): Promise<T> {
  return withDatabase(settings, async database => {
    const store = openStore(database);
    const { schedule } = readPolicies(settingOf(settings, 'KAKUIN_POLICIES'));
    const anchors = await openAnchors(join(settings.home, 'ca'));
    return work({ store, anchors, clock: systemClock, invitationLifetime: schedule.portal.invitationLifetime });
  });
}

/** The link as a person opens it. The secret stays behind the #, which browsers send to nobody. */
export function linkText(settings: Settings, { invitationId, secret }: OneTimeLink): string {
  return `${settingOf(settings, 'KAKUIN_APPROVAL_URL')}/enrol/${invitationId}#${secret}`;
}

/** What the operator compares with the person's own screen. */
export function pendingLines({ memberId, name, mailbox, credentials, missing, foreign }: PendingEnrolment): string[] {
  return [
    `${name} <${mailbox}> as ${memberId}`,
    ...credentials.map(({ use, fingerprint }) => `  ${use.padEnd(7)} ${fingerprint}`),
    ...missing.map(use => `  ${use.padEnd(7)} still to be registered`),
    ...(foreign > 0 ? [`  left out: ${foreign} registrations that were not made with this link`] : []),
  ];
}

/** Confirms what was shown and nothing that came after. Throws enrolmentInvalid, invitationUnknown. */
export async function confirmShown(console: Terminal, shown: PendingEnrolment): Promise<Confirmation> {
  const pending = await pendingEnrolments(console);
  const now = pending.find(({ invitationId }) => invitationId === shown.invitationId);
  if (now === undefined) throw new PkiError('invitationUnknown');
  if (fingerprintsOf(now) !== fingerprintsOf(shown))
    throw new PkiError('enrolmentInvalid', { reason: 'it has changed' });
  return confirmEnrolment(console, shown.invitationId);
}

/** All of them as one text, in an order of their own. */
export function fingerprintsOf({ credentials }: Pick<PendingEnrolment, 'credentials'>): string {
  return credentials
    .map(({ fingerprint }) => fingerprint)
    .sort()
    .join(' ');
}

export function confirmationLine(settings: Settings, confirmation: Confirmation): string {
  switch (confirmation.outcome) {
    case 'waitingForSecondFounder':
      return 'Confirmed. The second officer is still to come.';
    case 'rollWritten':
      return `Confirmed. Roll ${confirmation.number} stands.`;
    case 'awaitingOfficers':
      return `Confirmed. Two officers now sign ${settingOf(settings, 'KAKUIN_APPROVAL_URL')}/documents/${confirmation.digest}`;
  }
}
