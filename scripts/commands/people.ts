import { join } from 'node:path';
import type { Command } from 'commander';
import type { Knex } from 'knex';
import { systemClock } from '../../ca-core/clock.ts';
import { PkiError } from '../../ca-core/errors.ts';
import { openAnchors } from '../../ca-core/home/home.ts';
import { operatorOf } from '../../ca-core/home/operators.ts';
import { openStore, readPolicies } from '../../ca-core/index.ts';
import { foldMailbox, officersOf } from '../../ra-portal/people/accounts.ts';
import { confirmChange, proposeChange, proposePerson, type ChangeGround } from '../../ra-portal/people/change-roles.ts';
import type { PersonLink } from '../../ra-portal/people/invite.ts';
import { isMistakesOfPerson, readPerson, readWish } from '../../ra-portal/people/read-person.ts';
import { givenRoles } from '../../ra-portal/people/roles.ts';
import { allPeople, personOfMailbox } from '../../ra-portal/store/people.ts';
import { roleChangeKinds, waitingRoleChanges, type RoleChange } from '../../ra-portal/store/role-changes.ts';
import { withDatabase } from '../prepare.ts';
import { settingOf, type Settings } from '../settings.ts';
import { answers, columns, timeText, wrongUsage, type Answer, type Typed } from './command.ts';
import { secretIn } from './named-file.ts';

/** Accounts of the portal besides officers'. Two operators stand for the two people that a role change takes. */
export function addPeopleCommands(program: Command): void {
  const people = program
    .command('people')
    .description("the portal's administrators, auditors, CA operators and LRAs (officers stand on the roll)");
  answers(people.command('list').description('who has which role, and what awaits confirmation'), settings =>
    withDatabase(settings, list),
  );
  const adding = people
    .command('add')
    .description('give somebody new an account and a role: the first administrator, or when there are none left')
    .argument('<mailbox>', 'the link for registering a passkey goes there')
    .argument('<name>', 'as it is to be shown')
    .argument('<secrets...>', "the two operators' secret files")
    .requiredOption('--role <role>', givenRoles.join(' | '))
    .option('--organisation <number>', 'Corporate Number, of an LRA');
  answers(adding, (settings, typed) => byTwo(settings, typed.words.slice(2), (ground, by) => add(ground, typed, by)));
  const changing = people
    .command('change')
    .description('give or take a role, open a suspended account, or let somebody register anew')
    .argument('<mailbox>', 'of the account')
    .argument('<change>', roleChangeKinds.join(' | '))
    .argument('<secrets...>', "the two operators' secret files")
    .option('--role <role>', givenRoles.join(' | '));
  answers(changing, (settings, typed) =>
    byTwo(settings, typed.words.slice(2), (ground, by) => change(ground, typed, by)),
  );
}

interface Operators {
  readonly one: string;
  readonly other: string;
}

/** Throws notPermitted unless these are the secrets of two operators. */
async function byTwo(
  settings: Settings,
  files: readonly string[],
  work: (ground: ChangeGround, operators: Operators) => Promise<Answer>,
): Promise<Answer> {
  const [first, second] = files;
  if (first === undefined || second === undefined || files.length > 2) {
    throw wrongUsage('Name the secret files of two operators.');
  }
  const { operators } = await openAnchors(join(settings.home, 'ca'));
  const one = await operatorOf(operators, secretIn(first));
  const other = await operatorOf(operators, secretIn(second));
  if (one === undefined || other === undefined || one === other) {
    throw new PkiError('notPermitted', { what: 'it takes the secrets of two operators' });
  }
  const { schedule } = readPolicies(settingOf(settings, 'KAKUIN_POLICIES'));
  const invitation = {
    portalUrl: settingOf(settings, 'KAKUIN_PORTAL_URL'),
    lifetime: schedule.portal.invitationLifetime,
  };
  return withDatabase(settings, database =>
    work({ database, invitation }, { one: `operator:${one}`, other: `operator:${other}` }),
  );
}

async function add(ground: ChangeGround, { words, options }: Typed, operators: Operators): Promise<Answer> {
  const [mailbox, name] = words;
  const { role, organisation } = options;
  const person = readPerson({ mailbox, name, role, organisation });
  if (isMistakesOfPerson(person)) {
    throw wrongUsage(person.map(({ field, rule }) => `${field} is not right (${rule}).`).join(' '));
  }
  const proposed = await proposePerson(ground, person, { by: operators.one, at: systemClock.now() });
  return confirmed(ground, proposed, operators);
}

async function change(ground: ChangeGround, { words, options }: Typed, operators: Operators): Promise<Answer> {
  const [mailbox = '', kind] = words;
  const person = await personOfMailbox(ground.database, foldMailbox(mailbox));
  if (person === null) throw new PkiError('personUnknown');
  const wish = readWish(person.id, { change: kind, role: options.role });
  const proposed = await proposeChange(ground, wish, { by: operators.one, at: systemClock.now() });
  return confirmed(ground, proposed, operators);
}

async function confirmed(ground: ChangeGround, { id, personId }: RoleChange, { other }: Operators): Promise<Answer> {
  const link = await confirmChange(ground, id, { by: other, at: systemClock.now() });
  return { value: { personId, link }, lines: link === null ? ['Done.'] : linkLines(link) };
}

function linkLines({ url, code, expiresAt }: PersonLink): string[] {
  return [
    `Done. The person registers a passkey with this link, until ${timeText(expiresAt)}; it went out by mail, too:`,
    url,
    `and with this code, which nobody mails: ${code}`,
  ];
}

async function list(database: Knex): Promise<Answer> {
  const officers = (await officersOf(openStore(database))).map(({ id, name, mailbox }) => ({ id, name, mailbox }));
  const people = await allPeople(database);
  const waiting = await waitingRoleChanges(database);
  const rows = [
    ...officers.map(({ name, mailbox }) => ['officer', name, mailbox, 'on the roll']),
    ...people.map(({ roles, name, mailbox, suspendedAt }) => [
      roles.join(', ') || 'no role',
      name,
      mailbox,
      suspendedAt === null ? 'open' : `suspended ${timeText(suspendedAt)}`,
    ]),
  ];
  const lines = [
    ...(rows.length === 0 ? ['There is nobody yet.'] : columns(rows)),
    ...waiting.map(one => `Awaits an administrator: ${one.change} ${one.role ?? ''} of ${one.personId}`),
  ];
  return { value: { officers, people, waiting }, lines };
}
