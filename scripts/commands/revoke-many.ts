/** `kakuin revoke --list FILE | --key FILE | --profile NAME | --organisation NUMBER`: many certificates at once. */
import { writeFileSync } from 'node:fs';
import type { Knex } from 'knex';
import { systemClock } from '../../ca-core/clock.ts';
import {
  checkCorporateNumber,
  chooseCertificates,
  countBy,
  encodeSerialList,
  openStore,
  putMassRevocations,
  readPolicies,
  revocationReasons,
  typedSerials,
  namedKeys,
  type Choice,
  type Chosen,
} from '../../ca-core/index.ts';
import { settingOf, type Settings } from '../settings.ts';
import { columns, progress, wrongUsage, type Answer, type Typed } from './command.ts';
import { octetsIn, textIn } from './named-file.ts';

const ways = ['list', 'key', 'profile', 'organisation'] as const;

export const meansMany = ({ options }: Pick<Typed, 'options'>): boolean => ways.some(way => options[way] !== undefined);

/** Throws wrongUsage where more than one way to choose is named, or a certificate beside it. */
export function checkManyUsage({ options, flags, words }: Typed): void {
  const named = ways.filter(way => options[way] !== undefined);
  if (named.length > 1) throw wrongUsage(`Choose by one of ${ways.map(way => `--${way}`).join(', ')}.`);
  if (words.length > 0) throw wrongUsage('Name one certificate, or choose many, not both.');
  if (flags.has('release')) throw wrongUsage('--release is for one certificate.');
}

export async function revokeMany(settings: Settings, database: Knex, typed: Typed): Promise<Answer> {
  const { options, flags } = typed;
  const reason = revocationReasons.find(one => one === options['reason']) ?? 'unspecified';
  const store = openStore(database);
  const policies = readPolicies(settingOf(settings, 'KAKUIN_POLICIES'));
  const choices = choicesOf(typed, policies.profiles);
  const now = systemClock.now();
  const told = (read: number): void => progress(`${read} certificates read …`);
  const chosen: Chosen[] = [];
  for (const choice of choices) chosen.push(await chooseCertificates({ store, policies, now, told }, choice, reason));
  const certificates = chosen.flatMap(one => one.certificates);
  const { out } = options;
  if (out !== undefined)
    writeFileSync(out, encodeSerialList(certificates.map(one => one.serialNumber)), { flag: 'wx' });
  const summary = summaryOf(chosen);
  const lines = linesOf(summary);
  if (flags.has('dryRun') || certificates.length === 0) {
    const end = certificates.length === 0 ? 'There is nothing to revoke.' : 'A dry run: nothing was written down.';
    return { value: { dryRun: true, ...summary }, lines: [...lines, end], failed: certificates.length === 0 };
  }
  const since = options['invalidSince'];
  const documents = await putMassRevocations(store, {
    ...{ certificates, reason, at: now, by: { service: 'console', actor: 'operator' } },
    invalidityDate: since === undefined ? null : Math.floor(Date.parse(since) / 1000),
    chosenBy: ways.flatMap(way => (options[way] === undefined ? [] : [`${way} ${options[way]}`])).join(' '),
  });
  const links = documents.map(one => ({
    ...one,
    link: `${settingOf(settings, 'KAKUIN_APPROVAL_URL')}/documents/${one.digest}`,
  }));
  const signing = links.map(({ size, link }) => `Two officers sign ${link} (${size})`);
  return {
    value: { dryRun: false, ...summary, documents: links },
    lines: [...lines, ...signing, 'Until then nothing is revoked. What is issued from now on is not among them.'],
  };
}

function choicesOf({ options }: Typed, profiles: ReadonlyMap<string, unknown>): readonly Choice[] {
  const { list, key, profile, organisation } = options;
  if (list !== undefined) return [{ by: 'list', serialNumbers: typedSerials(textIn(list)) }];
  if (key !== undefined) return namedKeys(octetsIn(key)).map(one => ({ by: 'key', key: one }));
  if (profile !== undefined) {
    if (!profiles.has(profile)) throw wrongUsage(`There is no profile ${profile}: ${[...profiles.keys()].join(', ')}.`);
    return [{ by: 'profile', profile }];
  }
  return [{ by: 'organisation', corporateNumber: numberOf(organisation ?? '') }];
}

function numberOf(typed: string): string {
  try {
    return checkCorporateNumber(typed);
  } catch {
    throw wrongUsage('--organisation takes a Corporate Number (法人番号) of 13 digits with its check digit.');
  }
}

type Summary = ReturnType<typeof summaryOf>;

function summaryOf(chosen: readonly Chosen[]) {
  const certificates = chosen.flatMap(one => one.certificates);
  const sum = (of: (one: Chosen['leftOut']) => number): number => chosen.reduce((all, one) => all + of(one.leftOut), 0);
  return {
    certificates: certificates.length,
    issuers: Object.fromEntries(countBy(certificates, one => one.issuer)),
    profiles: Object.fromEntries(countBy(certificates, one => one.profile)),
    organisations: Object.fromEntries(
      countBy(certificates, one => `${one.corporateNumber} ${one.organisationName}`.trim()),
    ),
    leftOut: {
      revoked: sum(one => one.revoked),
      expired: sum(one => one.expired),
      reasonNotAllowed: sum(one => one.reasonNotAllowed),
      unknown: chosen.flatMap(one => one.leftOut.unknown),
    },
  };
}

function linesOf({ certificates, issuers, profiles, organisations, leftOut }: Summary): string[] {
  const counts = (what: string, of: Readonly<Record<string, number>>): string[][] =>
    Object.entries(of).map(([name, count]) => [what, String(count), name]);
  return columns([
    ['certificates', String(certificates), 'to be revoked'],
    ...counts('issuer', issuers),
    ...counts('profile', profiles),
    ...counts('organisation', organisations),
    ['left out', String(leftOut.revoked), 'revoked before'],
    ['left out', String(leftOut.expired), 'expired'],
    ['left out', String(leftOut.reasonNotAllowed), 'whose profile does not know this reason'],
    ['left out', String(leftOut.unknown.length), 'not of this CA'],
    ...leftOut.unknown.slice(0, 20).map(one => ['', '', one]),
  ]);
}
