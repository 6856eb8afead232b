/** A mass revocation from an officer's form: which certificates are meant, and the documents over them. */
import { PkiError, type PkiErrorCode } from '../../ca-core/errors.ts';
import {
  checkCorporateNumber,
  chooseCertificates,
  countBy,
  encodeSerialList,
  namedKeys,
  putMassRevocations,
  readSerialList,
  revocationReasons,
  typedSerials,
  type CertificateOutline,
  type Choice,
  type Chosen,
  type PutMassRevocation,
  type RevocationReason,
} from '../../ca-core/index.ts';
import { isoDate, startOfDay } from '../applications/as-typed.ts';
import type { FieldMistake } from '../applications/form-text.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';

export const waysToChoose = ['organisation', 'profile', 'key', 'list'] as const;
export type WayToChoose = (typeof waysToChoose)[number];

/** What the form has, as typed. */
export interface ManyForm {
  readonly by: string;
  readonly corporateNumber: string;
  readonly profile: string;
  /** Serial numbers, or keys, as text; the file goes before it. */
  readonly listed: string;
  readonly file: Uint8Array | null;
  readonly reason: string;
  readonly since: string;
}

/** Serial numbers that were chosen, kept as a list; nothing else is written down by choosing. */
export interface ChosenList {
  /** SHA-256 of the list. */
  readonly list: string;
  readonly reason: string;
  readonly since: string;
  readonly chosenBy: string;
}

/** What a revocation of a list would revoke. */
export interface DryRun extends ChosenList {
  readonly serialNumbers: readonly string[];
  readonly issuers: Counted;
  readonly profiles: Counted;
  readonly organisations: Counted;
  readonly leftOut: Chosen['leftOut'];
}

type Counted = readonly (readonly [string, number])[];

/** What has to be mended, or the list of what is meant. */
export async function chooseMany(parts: PortalParts, form: ManyForm): Promise<ChosenList | readonly FieldMistake[]> {
  const { since } = form;
  const mistakes: FieldMistake[] = [];
  const reason = revocationReasons.find(one => one === form.reason);
  if (reason === undefined) mistakes.push({ rule: 'fieldMissing', field: 'reason' });
  if (since !== '' && (sinceIn(since) ?? Infinity) > parts.clock.now())
    mistakes.push({ rule: 'dateInvalid', field: 'since' });
  const read = choicesIn(parts, form);
  if ('rule' in read) mistakes.push(read);
  if (reason === undefined || 'rule' in read || mistakes.length > 0) return mistakes;
  const meant: string[] = [];
  for (const choice of read.choices) meant.push(...(await chooseCertificates(groundOf(parts), choice, reason)).meant);
  const list = await parts.ca.massRevocations.putSerials(encodeSerialList(meant), parts.clock.now());
  return { list, reason, since, chosenBy: read.chosenBy };
}

/** Which of a list a revocation would revoke now. Throws documentUnknown, reasonNotAllowed. */
export async function dryRun(parts: PortalParts, chosen: ChosenList): Promise<DryRun> {
  const { certificates, leftOut } = await certificatesOf(parts, chosen);
  return { ...chosen, serialNumbers: certificates.map(one => one.serialNumber), ...countsOf(certificates), leftOut };
}

/**
 * The documents over what a dry run showed, one for each issuing CA. Throws documentUnknown, reasonNotAllowed, listInvalid
 * {what: count} where the number typed is not the number of those that would be revoked now.
 */
export async function makeMassDocuments(
  parts: PortalParts,
  officer: Person,
  { typedCount, ...chosen }: ChosenList & { readonly typedCount: string },
): Promise<readonly PutMassRevocation[]> {
  const { certificates } = await certificatesOf(parts, chosen);
  if (Number(typedCount.normalize('NFKC').replaceAll(/[,\s]/g, '') || NaN) !== certificates.length)
    throw new PkiError('listInvalid', { what: 'count' });
  return putMassRevocations(parts.ca, {
    ...{ certificates, reason: reasonOf(chosen), chosenBy: chosen.chosenBy || 'list', at: parts.clock.now() },
    invalidityDate: sinceIn(chosen.since),
    by: { service: 'ra-portal', actor: officer.id },
  });
}

async function certificatesOf(parts: PortalParts, chosen: ChosenList): Promise<Chosen> {
  const text = await parts.ca.massRevocations.serials(chosen.list);
  if (text === undefined) throw new PkiError('documentUnknown');
  return chooseCertificates(groundOf(parts), { by: 'list', serialNumbers: readSerialList(text) }, reasonOf(chosen));
}

function reasonOf({ reason }: Pick<ChosenList, 'reason'>): RevocationReason {
  const known = revocationReasons.find(one => one === reason);
  if (known === undefined) throw new PkiError('reasonNotAllowed');
  return known;
}

export function countsOf(
  certificates: readonly CertificateOutline[],
): Pick<DryRun, 'issuers' | 'profiles' | 'organisations'> {
  return {
    issuers: countBy(certificates, one => one.issuer),
    profiles: countBy(certificates, one => one.profile),
    organisations: countBy(certificates, one => `${one.corporateNumber} ${one.organisationName}`.trim()),
  };
}

const groundOf = ({ ca, policies, clock }: PortalParts) => ({ store: ca, policies, now: clock.now() });

interface ReadChoices {
  readonly choices: readonly Choice[];
  readonly chosenBy: string;
}

function choicesIn({ policies }: PortalParts, form: ManyForm): ReadChoices | FieldMistake {
  const listed = form.file === null ? form.listed : Buffer.from(form.file).toString('latin1');
  switch (waysToChoose.find(one => one === form.by)) {
    case 'organisation':
      return readOr('corporateNumber', () => {
        const corporateNumber = checkCorporateNumber(form.corporateNumber);
        return { choices: [{ by: 'organisation', corporateNumber }], chosenBy: `organisation ${corporateNumber}` };
      });
    case 'profile':
      if (!policies.profiles.has(form.profile)) return { rule: 'profileUnknown', field: 'profile' };
      return { choices: [{ by: 'profile', profile: form.profile }], chosenBy: `profile ${form.profile}` };
    case 'key':
      return readOr('listed', () => {
        const keys = namedKeys(form.file ?? Buffer.from(form.listed));
        return { choices: keys.map(key => ({ by: 'key', key })), chosenBy: `key ${keys.join(' ')}` };
      });
    case 'list':
      return readOr('listed', () => ({
        choices: [{ by: 'list', serialNumbers: typedSerials(listed) }],
        chosenBy: 'list',
      }));
    case undefined:
      return { rule: 'fieldMissing', field: 'by' };
  }
}

function readOr(field: string, read: () => ReadChoices): ReadChoices | FieldMistake {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof PkiError)) throw error;
    const rule: PkiErrorCode = error.code;
    return { rule, field };
  }
}

/** The beginning of a day as people write it, or nothing. */
function sinceIn(typed: string): number | null {
  const date = isoDate(typed);
  return date === null ? null : startOfDay(date);
}
