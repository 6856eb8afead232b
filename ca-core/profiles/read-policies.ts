import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import canonicalize from 'canonicalize';
import { parseDocument } from 'yaml';
import { PkiError } from '../errors.ts';
import type { z } from '../schema.ts';
import { certificateProfile, profileKinds, type CertificateProfile, type ProfileText } from './profile.ts';
import { foldingPolicy, identityPolicy, registerPolicy, schedulePolicy } from './policies.ts';
import type { FoldingPolicy, IdentityPolicy, RegisterPolicy, SchedulePolicy } from './policies.ts';
import { contradictionsOf, dangersOf } from './profile-rules.ts';

/** Everything in policies/ that decides, read and validated. */
export interface Policies {
  readonly profiles: ReadonlyMap<string, CertificateProfile>;
  readonly identity: IdentityPolicy;
  readonly register: RegisterPolicy;
  readonly schedule: SchedulePolicy;
  readonly folding: FoldingPolicy;
}

/**
 * Reads and validates the whole folder: profiles/*.yaml, identity, register, schedule and folding.yaml.
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
  const longestSigner = schedule?.ocsp.signer.maxLifetime ?? 7 * 86_400;
  for (const profile of profiles.values()) {
    if (profile.kind === 'ocspSigner' && profile.validityDays * 86_400 > longestSigner) {
      mistakes.push(
        `profiles/${profile.name}.yaml: validityDays: longer than ocsp.signer.maxLifetime in schedule.yaml`,
      );
    }
  }
  if (!identity || !register || !schedule || !folding || mistakes.length > 0) {
    throw new PkiError('policyInvalid', { mistakes });
  }
  return { profiles, identity, register, schedule, folding };
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
    if (file !== `${profile.name}.yaml`)
      desk.mistakes.push(`${path}: name: must be the file's name, ${file.slice(0, -5)}`);
    profiles.set(profile.name, { ...profile, hash: hashOf(profile) });
  }
  desk.mistakes.push(...missingKinds(desk, profiles));
  return profiles;
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
    .sort();
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
