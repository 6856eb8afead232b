import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import {
  founderLinks,
  invite,
  inviteStation,
  pendingEnrolments,
  recover,
  type Terminal,
  type PairingInvitation,
  type PendingEnrolment,
} from '../../ca-core/console.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { checkCorporateNumber } from '../../ca-core/index.ts';
import { confirmationLine, confirmShown, fingerprintsOf, linkText, pendingLines, withConsole } from '../ca-console.ts';
import { askYes } from '../officers-desk.ts';
import type { Settings } from '../settings.ts';
import { answers, columns, timeText, wrongUsage, type Answer } from './command.ts';
import { secretIn } from './named-file.ts';

const roles = ['officer', 'lra', 'station'] as const;

export function addOfficerCommands(program: Command): void {
  const officers = program.command('officers').description('the roll: who may approve, and who is on the way there');
  answers(officers.command('list').description('members of the roll and registrations to confirm'), settings =>
    withConsole(settings, list),
  );
  const founding = officers
    .command('founders')
    .description('open the one-time links for the first two officers, until the roll has them');
  answers(founding, settings => withConsole(settings, console => founders(settings, console)));
  const inviting = officers
    .command('invite')
    .description(
      'open a one-time link, or for a station a one-time code; after confirming, two officers sign the new roll',
    )
    .argument('[member]', 'id on the roll, as officer-3; drawn when left out')
    .option('--role <role>', roles.join(' | '), 'officer')
    .option(
      '--organisation <numbers>',
      'of an lra: the Corporate Numbers of those whose people it attests, with commas',
    );
  answers(inviting, (settings, { options, words }) => {
    const role = roles.find(known => known === options.role);
    if (role === undefined) throw wrongUsage(`--role is one of ${roles.join(', ')}.`);
    const organisations = organisationsIn(options['organisation'] ?? '', role);
    const memberId = words[0] ?? `${role}-${randomUUID().slice(0, 8)}`;
    return withConsole(settings, async console =>
      role === 'station'
        ? codeAnswer(await inviteStation(console, memberId))
        : linkAnswer(settings, await invite(console, memberId, role, organisations)),
    );
  });
  addConfirm(officers);
  addRecover(officers);
}

/** Throws a wrong usage where an LRA has none, anybody else has some, or one is no Corporate Number. */
function organisationsIn(given: string, role: (typeof roles)[number]): readonly string[] {
  const organisations = given.split(',').filter(one => one.trim() !== '');
  if ((role === 'lra') !== organisations.length > 0) {
    throw wrongUsage('--organisation names the organisations of an lra, one at least, and of nobody else.');
  }
  return organisations.map(checkCorporateNumber);
}

function addConfirm(officers: Command): void {
  const confirming = officers
    .command('confirm')
    .description("confirm a registration whose fingerprints were compared with the person's own screen")
    .argument('[invitation]', 'as listed; without it, every complete registration is asked about')
    .argument('[fingerprints...]', 'all of them, typed from the person’s screen: confirms without asking');
  answers(confirming, (settings, { words }) => {
    const [invitation, ...fingerprints] = words;
    return withConsole(settings, console => confirm({ settings, console, invitation, fingerprints }));
  });
}

function addRecover(officers: Command): void {
  const recovering = officers
    .command('recover')
    .description('open a one-time link for a member who lost every authenticator; two operators act together')
    .argument('<member>', 'id on the roll')
    .argument('<secrets...>', "the two operators' secret files");
  answers(recovering, (settings, { words }) => {
    const [memberId = '', one, other] = words;
    if (one === undefined || other === undefined) throw wrongUsage('Name the secret files of two operators.');
    const secrets = [secretIn(one), secretIn(other)] as const;
    return withConsole(settings, async console => linkAnswer(settings, await recover(console, memberId, [...secrets])));
  });
}

async function founders(settings: Settings, console: Terminal): Promise<Answer> {
  const links = (await founderLinks(console)).map(link => linkText(settings, link));
  return { value: { links }, lines: links.length > 0 ? links : ['The roll has its first two officers.'] };
}

async function list(console: Terminal): Promise<Answer> {
  const members = (await console.store.rolls.current())?.roll.members ?? [];
  const pending = await pendingEnrolments(console);
  const rows = members.map(({ id, role, name, mailbox, credentials, organisations = [] }) => [
    id,
    role,
    name,
    mailbox,
    [`${credentials.length} passkeys`, ...organisations].join(' '),
  ]);
  const lines = [
    ...(rows.length === 0 ? ['Nobody is on the roll yet.'] : columns(rows)),
    ...pending.flatMap(one => [`To confirm: ${one.invitationId}`, ...pendingLines(one).map(line => `  ${line}`)]),
  ];
  return { value: { members, pending }, lines };
}

interface Confirming {
  readonly settings: Settings;
  readonly console: Terminal;
  readonly invitation: string | undefined;
  readonly fingerprints: readonly string[];
}

async function confirm({ settings, console, invitation, fingerprints }: Confirming): Promise<Answer> {
  const pending = (await pendingEnrolments(console)).filter(
    one => invitation === undefined || one.invitationId === invitation,
  );
  if (invitation !== undefined && pending.length === 0) throw new PkiError('invitationUnknown');
  const confirmations = [];
  for (const one of pending.filter(({ missing }) => missing.length === 0 || invitation !== undefined)) {
    if (await isConfirmed(one, fingerprints)) confirmations.push(await confirmShown(console, one));
  }
  const lines = confirmations.map(confirmation => confirmationLine(settings, confirmation));
  const nothing = pending.length === 0 ? 'There is no registration to confirm.' : 'Nothing was confirmed.';
  return { value: { confirmations }, lines: lines.length > 0 ? lines : [nothing], failed: lines.length === 0 };
}

async function isConfirmed(pending: PendingEnrolment, typed: readonly string[]): Promise<boolean> {
  if (typed.length > 0) {
    if ([...typed].sort().join(' ') === fingerprintsOf(pending)) return true;
    throw new PkiError('enrolmentInvalid', { reason: 'fingerprints differ' });
  }
  if (!process.stdin.isTTY)
    throw mistake(
      `Type the fingerprints from the person's screen: officers confirm ${pending.invitationId} FINGERPRINT…`,
    );
  process.stdout.write(`${pendingLines(pending).join('\n')}\n`);
  return askYes("Are these the fingerprints on this person's own screen? [y/N] ", new AbortController().signal);
}

function linkAnswer(settings: Settings, link: Parameters<typeof linkText>[1]): Answer {
  const { invitationId, memberId, expiresAt } = link;
  const url = linkText(settings, link);
  const lines = [`One-time link for ${memberId}, until ${timeText(expiresAt)}:`, url];
  return { value: { invitationId, memberId, expiresAt, link: url }, lines };
}

function codeAnswer({ invitationId, memberId, code, expiresAt }: PairingInvitation): Answer {
  const lines = [
    `One-time code for ${memberId}, until ${timeText(expiresAt)}, for "kakuin station pair" at the station:`,
    code,
  ];
  return { value: { invitationId, memberId, expiresAt, code }, lines };
}

function mistake(sentence: string): PkiError {
  return new PkiError('settingsInvalid', { mistakes: [sentence] });
}
