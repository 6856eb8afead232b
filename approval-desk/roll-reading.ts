import { type Credential, fingerprintOf, type Member, type RollDocument } from '../ca-core/index.ts';
import { codeRow, type Mark, type Row, type Section, textRow, visible, warningRow } from './reading.ts';
import type { Words } from './words/words.ts';

/** The roll that is in force, as far as the database tells. */
export interface CurrentRoll {
  readonly digest: string;
  readonly roll: RollDocument;
}

/** A roll: first what it changes, then every member with every passkey, so that a false "current" hides nothing. */
export function readRoll(document: RollDocument, current: CurrentRoll | undefined, words: Words): readonly Section[] {
  return [
    { title: words.sections.changes, rows: changeRows(document, current?.roll.members ?? [], words) },
    { title: words.sections.roll, rows: headRows(document, current, words) },
    ...document.members.map(member => ({ title: visible(member.name, words), rows: memberRows(member, words) })),
  ];
}

function headRows(
  { number, previous, ca }: RollDocument,
  current: CurrentRoll | undefined,
  words: Words,
): readonly Row[] {
  const follows = previous === (current?.digest ?? null);
  return [
    textRow(words.fields.rollNumber, String(number)),
    codeRow(words.fields.previous, previous ?? words.none),
    ...(follows ? [] : [warningRow(words.warning, words.rollDoesNotFollow)]),
    codeRow(words.fields.ca, ca),
  ];
}

function memberRows({ id, role, mailbox, name, credentials, organisations }: Member, words: Words): readonly Row[] {
  return [
    codeRow(words.fields.memberId, id),
    textRow(words.fields.memberName, visible(name, words)),
    textRow(words.fields.role, words.roles[role]),
    codeRow(words.fields.mailbox, visible(mailbox, words)),
    ...(organisations === undefined ? [] : [codeRow(words.fields.organisations, organisations.join(', '))]),
    ...credentials.flatMap(credential => credentialRows(credential, words)),
  ];
}

function credentialRows({ use, id, publicKey }: Credential, words: Words): readonly Row[] {
  return [
    codeRow(words.uses[use], fingerprintOf(publicKey)),
    codeRow(words.fields.credentialId, visible(id, words)),
    codeRow(words.fields.publicKey, publicKey),
  ];
}

function changeRows({ members }: RollDocument, before: readonly Member[], words: Words): readonly Row[] {
  const rows = [
    ...members.filter(({ id }) => !hasMember(before, id)).map(member => memberRow(member, 'added', words)),
    ...before.filter(({ id }) => !hasMember(members, id)).map(member => memberRow(member, 'removed', words)),
    ...members.flatMap(member =>
      memberChanges(
        before.find(({ id }) => id === member.id),
        member,
        words,
      ),
    ),
  ];
  return rows.length === 0 ? [textRow(words.sections.changes, words.none)] : rows;
}

function hasMember(members: readonly Member[], id: string): boolean {
  return members.some(member => member.id === id);
}

function memberRow({ id, name, role, mailbox, organisations = [] }: Member, mark: Mark, words: Words): Row {
  const parts = [visible(name, words), words.roles[role], visible(mailbox, words), ...organisations];
  const value = parts.join(' ・ ');
  return { label: `${words.marks[mark]} ${id}`, value, form: 'text', mark };
}

function memberChanges(before: Member | undefined, after: Member, words: Words): readonly Row[] {
  if (before === undefined) return [];
  const fields = (['name', 'role', 'mailbox'] as const).filter(field => before[field] !== after[field]);
  return [
    ...fields.map(field =>
      changeRow(
        after.id,
        'changed',
        `${field === 'name' ? words.fields.memberName : words.fields[field]}: ${visible(before[field], words)} → ${visible(after[field], words)}`,
        words,
      ),
    ),
    ...organisationChanges(before, after, words),
    ...missingFrom(before, after).map(one => changeRow(after.id, 'added', passkeyText(one, words), words)),
    ...missingFrom(after, before).map(one => changeRow(after.id, 'removed', passkeyText(one, words), words)),
  ];
}

function organisationChanges(before: Member, after: Member, words: Words): readonly Row[] {
  const named = ({ organisations = [] }: Member): string => organisations.join(', ') || words.none;
  const [was, is] = [named(before), named(after)] as const;
  if (was === is) return [];
  return [changeRow(after.id, 'changed', `${words.fields.organisations}: ${was} → ${is}`, words)];
}

function changeRow(memberId: string, mark: Mark, value: string, words: Words): Row {
  return { label: `${words.marks[mark]} ${memberId}`, value, form: 'text', mark };
}

function missingFrom(one: Member, other: Member): readonly Credential[] {
  return other.credentials.filter(
    ({ id, use, publicKey }) =>
      !one.credentials.some(known => known.id === id && known.use === use && known.publicKey === publicKey),
  );
}

function passkeyText({ use, publicKey }: Credential, words: Words): string {
  return `${words.uses[use]} ${fingerprintOf(publicKey)}`;
}
