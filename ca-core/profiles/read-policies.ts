import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import { parseDocument } from 'yaml';
import { PkiError } from '../errors.ts';
import type { z } from '../schema.ts';
import { cardPolicy, type CardPolicy } from './card-policy.ts';
import { certificateProfile, profileKinds, type CertificateProfile, type ProfileText } from './profile.ts';
import { foldingPolicy, identityPolicy, prefixPolicy, registerPolicy, schedulePolicy } from './policies.ts';
import type { FoldingPolicy, IdentityPolicy, PrefixPolicy, RegisterPolicy, SchedulePolicy } from './policies.ts';
import { operationsPolicy, type OperationsPolicy } from './operations-policy.ts';
import { contradictionsOf, dangersOf } from './profile-rules.ts';
import { retentionPolicy, type RetentionPolicy } from './retention-policy.ts';
import { tokenPolicy, type TokenPolicy } from './token-policy.ts';

/** Everything in policies/ that decides, read and validated. */
export interface Policies {
  readonly profiles: ReadonlyMap<string, CertificateProfile>;
  readonly identity: IdentityPolicy;
  readonly register: RegisterPolicy;
  readonly schedule: SchedulePolicy;
  readonly folding: FoldingPolicy;
  readonly prefixes: PrefixPolicy;
  readonly operations: OperationsPolicy;
  readonly retention: RetentionPolicy;
  readonly cards: CardPolicy;
  readonly tokens: TokenPolicy;
  /** Keys that anybody can know: the last 20 hex digits of SHA-1 over `Modulus=…` (weak-keys/, openssl-blacklist). */
  readonly weakKeys: ReadonlySet<string>;
}

/**
 * Reads and validates the whole folder: profiles/*.yaml, identity, register, schedule, folding, prefixes, operations,
 * retention, cards and tokens.yaml, and the lists of weak-keys/.
 * Throws policyInvalid {mistakes} with every mistake of every file, each as `file: path: sentence`.
 */
export function readPolicies(folder: string): Policies {
  const mistakes: string[] = [];
  const desk = { folder, mistakes };
  const profiles = readProfiles(desk);
  const identity = readFile(desk, 'identity.yaml', identityPolicy);
  const register = readFile(desk, 'register.yaml', registerPolicy);
  const schedule = readFile(desk, 'schedule.yaml', schedulePolicy);
  const folding = readFile(desk, 'folding.yaml', foldingPolicy);
  const prefixes = readFile(desk, 'prefixes.yaml', prefixPolicy);
  const operations = readFile(desk, 'operations.yaml', operationsPolicy);
  const retention = readFile(desk, 'retention.yaml', retentionPolicy);
  const cards = readFile(desk, 'cards.yaml', cardPolicy as z.ZodType<CardPolicy>);
  const tokens = readFile(desk, 'tokens.yaml', tokenPolicy);
  const weakKeys = readWeakKeys(desk);
  const longestSigner = schedule?.ocsp.signer.maxLifetime ?? 7 * 86_400;
  for (const profile of profiles.values()) {
    mistakes.push(...foreignPrefixes(profile, prefixes).map(mistake => `profiles/${profile.name}.yaml: ${mistake}`));
    if (profile.kind === 'ocspSigner' && profile.validityDays * 86_400 > longestSigner) {
      mistakes.push(
        `profiles/${profile.name}.yaml: validityDays: longer than ocsp.signer.maxLifetime in schedule.yaml`,
      );
    }
    if (profile.freshestCrl && schedule?.crl.delta === null)
      mistakes.push(`profiles/${profile.name}.yaml: freshestCrl: schedule.yaml has no delta CRLs`);
  }
  const isWhole = identity && register && schedule && folding && prefixes && operations && retention && cards && tokens;
  if (!isWhole || mistakes.length > 0) {
    throw new PkiError('policyInvalid', { mistakes });
  }
  return { profiles, identity, register, schedule, folding, prefixes, operations, retention, cards, tokens, weakKeys };
}

/** Where the files are, and what was found wrong so far. */
interface ReadingDesk {
  readonly folder: string;
  readonly mistakes: string[];
}

function readProfiles(desk: ReadingDesk): Map<string, CertificateProfile> {
  const profiles = new Map<string, CertificateProfile>();
  for (const file of profileFiles(desk.folder)) {
    const path = `profiles/${file}`;
    const value = readYaml(desk, path);
    const dangers = value === undefined ? [] : dangersOf(value);
    const profile = value === undefined ? undefined : readValue(desk, { path, value, schema: certificateProfile });
    const contradictions = profile === undefined ? [] : contradictionsOf(profile);
    desk.mistakes.push(...[...dangers, ...contradictions].map(mistake => `${path}: ${mistake}`));
    if (profile === undefined) continue;
    if (profile.name.startsWith('test-')) desk.mistakes.push(`${path}: name: test- is for tests alone`);
    if (file !== `${profile.name}.yaml`)
      desk.mistakes.push(`${path}: name: must be the file's name, ${file.slice(0, -5)}`);
    profiles.set(profile.name, { ...profile, hash: hashOf(profile) });
  }
  desk.mistakes.push(...missingKinds(desk, profiles));
  return profiles;
}

/** A prefix means what prefixes.yaml says, everywhere. */
function foreignPrefixes(profile: CertificateProfile, prefixes: PrefixPolicy | undefined): string[] {
  return profile.subject.flatMap((part, index) => {
    if (prefixes === undefined || 'value' in part || part.prefix === '') return [];
    const known = prefixes[part.type]?.some(({ prefix, from }) => prefix === part.prefix && from === part.from);
    return known === true ? [] : [`subject.${index}.prefix: ${part.prefix} for ${part.from} is not in prefixes.yaml`];
  });
}

/** Every file of the folder: lines of 20 lower-case hex digits, empty ones, and comments behind `#`. */
function readWeakKeys({ folder, mistakes }: ReadingDesk): ReadonlySet<string> {
  const place = join(folder, 'weak-keys');
  const keys = new Set<string>();
  for (const file of existsSync(place) ? readdirSync(place).sort() : []) {
    const lines = readFileSync(join(place, file), 'utf8').split(/\r?\n/);
    lines.forEach((line, index) => {
      if (/^[0-9a-f]{20}$/.test(line)) keys.add(line);
      else if (line !== '' && !line.startsWith('#'))
        mistakes.push(`weak-keys/${file}: line ${index + 1}: not 20 hex digits`);
    });
  }
  return keys;
}

/** One root CA, one issuing CA, one OCSP signer; any number of subscriber profiles above none. */
function missingKinds(desk: ReadingDesk, profiles: ReadonlyMap<string, CertificateProfile>): string[] {
  if (desk.mistakes.length > 0) return [];
  return profileKinds.flatMap(kind => {
    const found = Array.from(profiles.values()).filter(profile => profile.kind === kind).length;
    const fits = kind === 'subscriber' ? found > 0 : found === 1;
    return fits ? [] : [`profiles: ${found} of kind ${kind}`];
  });
}

function profileFiles(folder: string): string[] {
  const profilesFolder = join(folder, 'profiles');
  if (!existsSync(profilesFolder)) return [];
  return readdirSync(profilesFolder)
    .filter(file => file.endsWith('.yaml'))
    .map(file => file.slice(0, -5))
    .sort()
    .map(name => `${name}.yaml`);
}

function readFile<T>(desk: ReadingDesk, path: string, schema: z.ZodType<T>): T | undefined {
  const value = readYaml(desk, path);
  return value === undefined ? undefined : readValue(desk, { path, value, schema });
}

function readYaml({ folder, mistakes }: ReadingDesk, path: string): unknown {
  const file = join(folder, path);
  if (!existsSync(file)) {
    mistakes.push(`${path}: is missing`);
    return undefined;
  }
  const document = parseDocument(readFileSync(file, 'utf8'), { prettyErrors: true, uniqueKeys: true });
  const problems = [...document.errors, ...document.warnings];
  mistakes.push(...problems.map(problem => `${path}: ${problem.message.split('\n')[0] ?? problem.code}`));
  return problems.length > 0 ? undefined : ((document.toJS() as unknown) ?? {});
}

function readValue<T>(
  { mistakes }: ReadingDesk,
  file: { readonly path: string; readonly value: unknown; readonly schema: z.ZodType<T> },
): T | undefined {
  const read = file.schema.safeParse(file.value);
  if (read.success) return read.data;
  mistakes.push(...read.error.issues.map(issue => `${file.path}: ${issue.path.join('.') || 'file'}: ${issue.message}`));
  return undefined;
}

function hashOf(profile: ProfileText): string {
  return createHash('sha256')
    .update(canonicalize(profile) ?? '', 'utf8')
    .digest('hex');
}
