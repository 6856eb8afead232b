/** What no file in policies/profiles/ may say, however it is reviewed: the reader refuses it (RFC 5280, RFC 8813, S/MIME BR). */
import { PkiError } from '../errors.ts';
import { z } from '../schema.ts';
import { encodeName } from '../x509/name.ts';
import { profileKinds, type ProfileKind, type ProfileText, type Provable } from './profile.ts';

/** The longest a subscriber's certificate may be good for, in days. */
export const longestSubscriberValidity = 825;

const words = z.array(z.string()).catch([]);

/** The parts that the rules of danger look at, read from anything: another mistake in the file does not hide these. */
const dangerousParts = z.object({
  kind: z.enum(profileKinds).catch('subscriber'),
  keyUsage: z.object({ rsa: words, ec: words }).catch({ rsa: [], ec: [] }),
  extendedKeyUsage: words,
  basicConstraints: z.unknown(),
  validityDays: z.number().catch(0),
});
type DangerousParts = z.infer<typeof dangerousParts>;

const allowedPurposes: Readonly<Record<ProfileKind, readonly string[]>> = {
  subscriber: ['clientAuth', 'emailProtection', 'documentSigning'],
  ocspSigner: ['OCSPSigning'],
  issuingCa: [],
  rootCa: [],
};
const caUsages: readonly string[] = ['keyCertSign', 'cRLSign'];
/** A root signs OCSP answers about its CA certificates itself (RFC 5280 §4.2.1.3); an issuing CA has a responder for that. */
const rootUsages: Readonly<Record<ProfileKind, readonly string[]>> = {
  subscriber: [],
  ocspSigner: [],
  issuingCa: [],
  rootCa: ['digitalSignature'],
};
/** RFC 8813 §3: neither makes sense with an EC key. */
const neverWithEc: readonly string[] = ['keyEncipherment', 'dataEncipherment'];
/** RFC 3279 §2.3.1: an RSA key agrees on nothing. */
const neverWithRsa: readonly string[] = ['keyAgreement', 'encipherOnly', 'decipherOnly'];

/** Mistakes of danger as `path: sentence`, for any value. */
export function dangersOf(value: unknown): string[] {
  const read = dangerousParts.safeParse(value);
  if (!read.success) return [];
  return [...purposeDangers(read.data), ...usageDangers(read.data), ...shapeDangers(read.data)];
}

/** Mistakes between the parts of a profile that is well-formed, as `path: sentence`. */
export function contradictionsOf(profile: ProfileText): string[] {
  const { kind, checks, registers, extendedKeyUsage, subjectAltName, bulk } = profile;
  const isSubscriber = kind === 'subscriber';
  const isCa = kind === 'issuingCa' || kind === 'rootCa';
  const found = [
    isSubscriber && checks === null && 'checks: a subscriber is never without checks',
    isSubscriber && extendedKeyUsage.length === 0 && 'extendedKeyUsage: a subscriber needs a closed list of purposes',
    isSubscriber && profile.certificatePolicies.length === 0 && 'certificatePolicies: a subscriber needs a policy',
    isSubscriber && !registers.includes('nta') && 'registers: a subscriber needs a living organisation at the NTA',
    isSubscriber && profile.deliveries.length === 0 && 'deliveries: a subscriber needs one',
    isSubscriber && !profile.authorityKeyIdentifier && 'authorityKeyIdentifier: must be there (RFC 5280 §4.2.1.1)',
    isSubscriber && !profile.crlDistributionPoint && 'crlDistributionPoint: a subscriber certificate tells its CRL',
    !isSubscriber && profile.freshestCrl && 'freshestCrl: only subscriber certificates have delta CRLs',
    isSubscriber && profile.ocspNocheck && 'ocspNocheck: only for an OCSP signer',
    kind === 'ocspSigner' && !profile.ocspNocheck && 'ocspNocheck: an OCSP signer needs it',
    kind !== 'rootCa' && !profile.authorityKeyIdentifier && !isSubscriber && 'authorityKeyIdentifier: must be there',
    (subjectAltName === 'mailbox') !== extendedKeyUsage.includes('emailProtection') &&
      'subjectAltName: mailbox and emailProtection go together',
    extendedKeyUsage.includes('emailProtection') &&
      checks?.mailDomain == null &&
      'checks.mailDomain: who gets mail in the name of a domain shows that it is theirs',
    profile.rules.includes('smime-br') && subjectAltName === null && 'rules: smime-br is for mailboxes',
    bulk !== undefined && !isSubscriber && 'bulk: is for subscribers',
    bulk !== undefined &&
      bulk.mailDomain !== null &&
      checks?.mailbox == null &&
      'bulk.mailDomain: stands for checks.mailbox, which is not there',
    bulk !== undefined &&
      bulk.containers.length > 0 &&
      !profile.deliveries.includes('server') &&
      'bulk.containers: only what the CA core makes leaves in one; deliveries lack server',
    bulk?.compatibility === true &&
      !bulk.containers.includes('pkcs12') &&
      'bulk.compatibility: is a form of pkcs12, which containers lack',
    isCa && profile.keys.some(key => key === 'rsa-2048' || key === 'rsa-3072') && "keys: a CA's RSA key has 4096 bits",
    !isCa && profile.keys.includes('ed25519') && 'keys: ed25519 is for CAs alone',
    subjectAltName === 'mailbox' && checks?.mailbox == null && 'checks.mailbox: a mailbox that is named is proven',
  ].filter(mistake => mistake !== false);
  return [...found, ...subjectMistakes(profile)];
}

function purposeDangers({ kind, extendedKeyUsage }: DangerousParts): string[] {
  const refused = extendedKeyUsage.filter(purpose => !allowedPurposes[kind].includes(purpose));
  const mistakes = refused.map(purpose => `extendedKeyUsage: ${purpose} is never for a ${kind}`);
  const missing = kind === 'ocspSigner' && !extendedKeyUsage.includes('OCSPSigning');
  return missing ? [...mistakes, 'extendedKeyUsage: an ocspSigner needs OCSPSigning'] : mistakes;
}

function usageDangers({ kind, keyUsage }: DangerousParts): string[] {
  const isCa = kind === 'issuingCa' || kind === 'rootCa';
  return (['rsa', 'ec'] as const).flatMap(family => {
    const unfit = family === 'ec' ? neverWithEc : neverWithRsa;
    const wrong = keyUsage[family].filter(
      usage => unfit.includes(usage) || (caUsages.includes(usage) !== isCa && !rootUsages[kind].includes(usage)),
    );
    const missing = isCa ? caUsages.filter(usage => !keyUsage[family].includes(usage)) : [];
    return [
      ...wrong.map(usage => `keyUsage.${family}: ${usage} is never for the ${family} key of a ${kind}`),
      ...missing.map(usage => `keyUsage.${family}: a ${kind} needs ${usage}`),
    ];
  });
}

function shapeDangers({ kind, basicConstraints, validityDays }: DangerousParts): string[] {
  const isCa = kind === 'issuingCa' || kind === 'rootCa';
  const saysCa = basicConstraints !== null && basicConstraints !== undefined;
  const mistakes: string[] = [];
  if (saysCa !== isCa) mistakes.push(`basicConstraints: a ${kind} ${isCa ? 'must be' : 'is never'} a CA`);
  if (kind === 'subscriber' && validityDays > longestSubscriberValidity) {
    mistakes.push(`validityDays: a subscriber's certificate lasts ${longestSubscriberValidity} days at most`);
  }
  return mistakes;
}

function subjectMistakes(profile: ProfileText): string[] {
  return profile.subject.flatMap((part, index) => {
    const path = `subject.${index}`;
    if ('value' in part) return fixedValueMistakes(path, part);
    const register = neededRegisters[part.from];
    const check = neededChecks[part.from];
    const mistakes: string[] = [];
    if (profile.kind !== 'subscriber') mistakes.push(`${path}.from: only a subscriber's name is taken from elsewhere`);
    if (!(part.alphabet in profile.alphabets)) mistakes.push(`${path}.alphabet: ${part.alphabet} is not in alphabets`);
    if (register !== undefined && !profile.registers.includes(register)) {
      mistakes.push(`${path}.from: ${part.from} needs ${register} in registers`);
    }
    if (check !== undefined && profile.checks?.[check] == null) {
      mistakes.push(`${path}.from: ${part.from} needs checks.${check}`);
    }
    if (part.optional && part.from !== 'licence') mistakes.push(`${path}.optional: only a licence may be left out`);
    if (part.from === 'mailbox' && profile.subjectAltName === null) {
      mistakes.push(`${path}.from: a mailbox in the name stands in subjectAltName too`);
    }
    return mistakes;
  });
}

/** What is taken from the claim is proven. */
const neededChecks: Readonly<Partial<Record<string, Provable>>> = {
  roleName: 'role',
  mailbox: 'mailbox',
  licence: 'licence',
};

const neededRegisters: Readonly<Partial<Record<string, 'nta' | 'robins'>>> = {
  prefecture: 'nta',
  ntaNameEn: 'nta',
  locality: 'robins',
  organisationNameEn: 'robins',
  robinsPage: 'robins',
};

function fixedValueMistakes(path: string, part: Parameters<typeof encodeName>[0][number]): string[] {
  try {
    encodeName([part]);
    return [];
  } catch (error) {
    return [`${path}.value: ${error instanceof PkiError ? error.message : 'cannot be encoded'}`];
  }
}
