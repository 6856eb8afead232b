/** What policies/ceremony.yaml must look like: everything about a key ceremony that people review before it is held. */
import { parseDocument } from 'yaml';
import { PkiError } from '../errors.ts';
import { keyPlaceMistakes } from '../keys/open-key-store.ts';
import { signingKeyAlgorithms } from '../keys/key-store.ts';
import type { Policies } from '../profiles/read-policies.ts';
import { z } from '../schema.ts';
import { encodeName, nameAttributeTypes } from '../x509/name.ts';
import { caProfile } from './ca-profile.ts';

const person = z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N} .'_-]{0,63}$/u, 'must be a short name');
const name = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and hyphens');
const subject = z.array(z.strictObject({ type: z.enum(nameAttributeTypes), value: z.string() })).min(1);
const validityDays = z.number().int().positive();
const algorithm = z.enum(signingKeyAlgorithms);
const keys = z.string().superRefine((place, context) => {
  for (const message of place === 'setting' ? [] : keyPlaceMistakes(place))
    context.addIssue({ code: 'custom', message });
});

const root = z.strictObject({
  name,
  /** Absolute, or within KAKUIN_HOME. */
  home: z.string().min(1),
  keys,
  /** Absolute, or within the root's home: opens key files. */
  passphraseFile: z.string().min(1),
  algorithm,
  subject,
  validityDays,
  /** nextUpdate of each of its CRLs: 12 months at most (CA/B Forum S/MIME BR §4.9.7). */
  crlDays: z.number().int().min(1).max(365, 'must be 12 months (365 days) at most'),
});

const issuing = z.strictObject({
  name,
  /** `setting`: where KAKUIN_CA_KEYS says. */
  keys,
  algorithm,
  subject,
  validityDays,
  /** `here`: made in the responder's home on this machine; else a file with its public key, PEM. */
  responderKey: z.string().min(1),
});

const plan = z.strictObject({
  title: z.string().min(1).max(200),
  /** Each gets a secret; two of them can mend the roll together. */
  operators: z.array(person).min(2),
  witnesses: z.array(person),
  /** Base URL of what the CRL publisher serves, or `setting`: KAKUIN_CRL_URL. It stands in certificates for ever. */
  crlUrl: z.union([z.literal('setting'), z.url({ protocol: /^https?$/ }).regex(/[^/]$/, 'must not end with a slash')]),
  root,
  issuing,
});

/** A ceremony as its file says it. */
export type CeremonyText = z.infer<typeof plan>;
export type PlannedRoot = CeremonyText['root'];
export type PlannedIssuing = CeremonyText['issuing'];

/**
 * Reads a plan and holds it to the profiles of a root and an issuing CA. Throws policyInvalid {mistakes} with every mistake
 * at once; nothing is made before.
 */
export function readCeremonyPlan(text: string, policies: Policies): CeremonyText {
  const document = parseDocument(text, { uniqueKeys: true });
  const problems = [...document.errors, ...document.warnings].map(({ message }) => message.split('\n')[0] ?? 'YAML');
  if (problems.length > 0) throw new PkiError('policyInvalid', { mistakes: problems });
  const value: unknown = document.toJS();
  const read = plan.safeParse(value);
  const mistakes = (read.error?.issues ?? []).map(({ path, message }) => `${path.join('.') || 'plan'}: ${message}`);
  const parts = looseParts.safeParse(value);
  if (parts.success) mistakes.push(...contradictions(parts.data), ...profileMistakes(parts.data, policies));
  if (!read.success || mistakes.length > 0) throw new PkiError('policyInvalid', { mistakes });
  return read.data;
}

/** What is compared with each other and with the profiles, whatever else is wrong with the plan. */
const loosePart = z.object({
  name: z.string().optional().catch(undefined),
  keys: z.string().optional().catch(undefined),
  algorithm: algorithm.optional().catch(undefined),
  subject: subject.optional().catch(undefined),
  validityDays: validityDays.optional().catch(undefined),
});
const people = z.array(z.string()).catch([]);
const looseParts = z.object({
  operators: people,
  witnesses: people,
  root: loosePart.catch({}),
  issuing: loosePart.catch({}),
});
type LooseParts = z.infer<typeof looseParts>;

function contradictions({ operators, witnesses, root: above, issuing: below }: LooseParts): string[] {
  const names = [...operators, ...witnesses].map(one => one.toLowerCase());
  const [longest = Infinity, wished = 0] = [above.validityDays, below.validityDays];
  const isOneName = above.subject !== undefined && JSON.stringify(above.subject) === JSON.stringify(below.subject);
  return [
    new Set(names).size === names.length ? [] : ['operators: each operator and witness is another person'],
    above.name !== undefined && above.name === below.name ? ['issuing.name: is the name of the root'] : [],
    wished > longest ? ['issuing.validityDays: the issuing CA does not outlive its root'] : [],
    isOneName ? ['issuing.subject: is the name of the root'] : [],
    keyMistakes(above).map(text => `root.algorithm: ${text}`),
    keyMistakes(below).map(text => `issuing.algorithm: ${text}`),
  ].flat();
}

function profileMistakes(parts: LooseParts, policies: Policies): string[] {
  return (['root', 'issuing'] as const).flatMap(part => {
    const profile = caProfile(policies, part === 'root' ? 'rootCa' : 'issuingCa');
    const { algorithm: key, subject: parts_, validityDays: days } = parts[part];
    const isNamed = key === undefined || isTooShort(key) || profile.keys.some(one => one === key);
    return [
      ...(isNamed ? [] : [`${part}.algorithm: ${key} is not in profiles/${profile.name}.yaml`]),
      ...(days === undefined || days <= profile.validityDays
        ? []
        : [`${part}.validityDays: profiles/${profile.name}.yaml allows ${profile.validityDays}`]),
      ...(parts_ ?? []).flatMap((one, at) => nameMistake(one).map(text => `${part}.subject.${at}: ${text}`)),
    ];
  });
}

function nameMistake(attribute: Parameters<typeof encodeName>[0][number]): string[] {
  try {
    encodeName([attribute]);
    return [];
  } catch (error) {
    return [error instanceof PkiError ? error.message : 'cannot be encoded'];
  }
}

function keyMistakes({ keys: place = '', algorithm: key }: LooseParts['root']): string[] {
  return [
    ...(isTooShort(key) ? ["a new CA's RSA key has 4096 bits at least"] : []),
    ...(key === 'ed25519' && place.startsWith('pkcs11:') ? ['a token here makes no Ed25519 keys'] : []),
  ];
}

const isTooShort = (key: string | undefined): boolean => key === 'rsa-2048' || key === 'rsa-3072';
