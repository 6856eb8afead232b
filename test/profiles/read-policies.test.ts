import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readPolicies } from '../../ca-core/profiles/read-policies.ts';
import { policies, policiesFolder } from '../support/demo-case.ts';
import { refusalOf } from '../support/refusal.ts';

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach(folder => rmSync(folder, { recursive: true })));

type Change = readonly [file: string, from: string, to: string];

/** The shipped policies with some words changed. */
function changed(...changes: readonly Change[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-policies-'));
  folders.push(folder);
  cpSync(policiesFolder, folder, { recursive: true });
  for (const [file, from, to] of changes) {
    const text = readFileSync(join(folder, file), 'utf8');
    expect(text).toContain(from);
    writeFileSync(join(folder, file), text.replace(from, to));
  }
  return folder;
}

const mistakesOf = (...changes: readonly Change[]): unknown =>
  refusalOf(() => readPolicies(changed(...changes)))?.values['mistakes'];

const jcan = 'profiles/jcan-classic.yaml';
const uses = 'extendedKeyUsage: [clientAuth, emailProtection]';
const usesWith = (more: string): Change => [jcan, uses, `extendedKeyUsage: [clientAuth, emailProtection, ${more}]`];
const ecUsage = 'ec: [digitalSignature, nonRepudiation, keyAgreement]';
const rsaUsage = 'rsa: [digitalSignature, nonRepudiation, keyEncipherment]';

describe('the shipped policies', () => {
  it('are read whole', () => {
    expect(Array.from(policies.profiles.values(), ({ name, kind }) => `${name} ${kind}`)).toEqual([
      'issuing-ca issuingCa',
      'jcan-classic subscriber',
      'jcan-classic-without-mailbox subscriber',
      'jcan-organisation-role subscriber',
      'ocsp-signer ocspSigner',
      'organisation-client-auth subscriber',
      'organisation-person subscriber',
      'root-ca rootCa',
    ]);
    expect(policies.schedule.crl.nextUpdateAfter).toBe(72 * 3600);
    expect(policies.register.prefectures['13']).toEqual({ ja: '東京都', roman: 'Tokyo' });
  });

  it('give a profile a hash of what it says, not of how it is written', () => {
    const hashOf = (...changes: Change[]): string | undefined =>
      readPolicies(changed(...changes)).profiles.get('jcan-classic')?.hash;
    expect(hashOf()).toMatch(/^[0-9a-f]{64}$/);
    expect(hashOf([jcan, '# The JCAN certificate', '# A JCAN certificate'])).toBe(hashOf());
    expect(hashOf([jcan, 'validityDays: 730', 'validityDays: 729'])).not.toBe(hashOf());
  });
});

describe('what a subscriber profile never says', () => {
  it.each<[Change, string]>([
    [usesWith('serverAuth'), 'extendedKeyUsage: serverAuth is never for a subscriber'],
    [usesWith('anyExtendedKeyUsage'), 'extendedKeyUsage: anyExtendedKeyUsage is never for a subscriber'],
    [usesWith('OCSPSigning'), 'extendedKeyUsage: OCSPSigning is never for a subscriber'],
    [usesWith('codeSigning'), 'extendedKeyUsage: codeSigning is never for a subscriber'],
    [usesWith('timeStamping'), 'extendedKeyUsage: timeStamping is never for a subscriber'],
    [
      [jcan, rsaUsage, 'rsa: [digitalSignature, keyCertSign]'],
      'keyUsage.rsa: keyCertSign is never for the rsa key of a subscriber',
    ],
    [[jcan, ecUsage, 'ec: [cRLSign]'], 'keyUsage.ec: cRLSign is never for the ec key of a subscriber'],
    [[jcan, ecUsage, 'ec: [keyEncipherment]'], 'keyUsage.ec: keyEncipherment is never for the ec key of a subscriber'],
    [[jcan, rsaUsage, 'rsa: [keyAgreement]'], 'keyUsage.rsa: keyAgreement is never for the rsa key of a subscriber'],
    [
      [jcan, 'basicConstraints: null', 'basicConstraints: { ca: true, pathLength: null }'],
      'basicConstraints: a subscriber is never a CA',
    ],
    [
      [jcan, 'validityDays: 730', 'validityDays: 826'],
      "validityDays: a subscriber's certificate lasts 825 days at most",
    ],
    [
      [jcan, 'subjectAltName: mailbox', 'subjectAltName: null'],
      'subjectAltName: mailbox and emailProtection go together',
    ],
    [[jcan, 'mailbox: { maxAgeDays: 30 }', 'mailbox: null'], 'checks.mailbox: a mailbox that is named is proven'],
    [[jcan, 'registers: [nta, robins]', 'registers: [nta]'], 'subject.2.from: locality needs robins in registers'],
    [[jcan, 'value: JP', 'value: Japan'], 'subject.0.value: nameTooLong (type: C; limit: 2; length: 5)'],
    [[jcan, 'prefix: BN-', 'prefix: PN-'], 'subject.7.prefix: PN- for romanName is not in prefixes.yaml'],
    [[jcan, 'prefix: OU2-', 'prefix: CN-'], 'subject.5.prefix: CN- for robinsPage is not in prefixes.yaml'],
    [[jcan, '  licence: { maxAgeDays: 398 }', '  licence: null'], 'subject.6.from: licence needs checks.licence'],
    [
      [jcan, 'alphabet: person }', 'alphabet: person, optional: true }'],
      'subject.7.optional: only a licence may be left out',
    ],
    [
      [jcan, 'mailDomain: { maxAgeDays: 398 }', 'mailDomain: null'],
      'checks.mailDomain: who gets mail in the name of a domain shows that it is theirs',
    ],
    [[jcan, 'name: jcan-classic', 'name: test-jcan'], 'name: test- is for tests alone'],
    [[jcan, 'name: jcan-classic', 'name: jcan'], "name: must be the file's name, jcan-classic"],
  ])('%j', (change, mistake) => expect(mistakesOf(change)).toContain(`${jcan}: ${mistake}`));
});

describe('other profiles', () => {
  it.each<[string, string, string, string]>([
    ['issuing-ca', 'keys: [p-256, p-384, rsa-4096, ed25519]', 'keys: [rsa-3072]', "keys: a CA's RSA key has 4096 bits"],
    ['jcan-classic-without-mailbox', 'rules: []', 'rules: [smime-br]', 'rules: smime-br is for mailboxes'],
    [
      'jcan-classic-without-mailbox',
      'from: romanName, prefix: BN-, alphabet: person',
      'from: mailbox, alphabet: person',
      'subject.7.from: a mailbox in the name stands in subjectAltName too',
    ],
    [
      'issuing-ca',
      'ocspNocheck: false',
      'ocspNocheck: false\nfreshestCrl: true',
      'freshestCrl: only subscriber certificates have delta CRLs',
    ],
  ])('%s with %s → %s', (name, from, to, mistake) => {
    expect(mistakesOf([`profiles/${name}.yaml`, from, to])).toContain(`profiles/${name}.yaml: ${mistake}`);
  });

  it.each<[string, string, string, string]>([
    [
      'organisation-client-auth',
      '  mailbox: { maxAgeDays: 30 }',
      '  mailbox: null',
      'bulk.mailDomain: stands for checks.mailbox, which is not there',
    ],
    [
      'organisation-person',
      'deliveries: [server, csr, token]',
      'deliveries: [csr]',
      'bulk.containers: only what the CA core makes leaves in one; deliveries lack server',
    ],
    [
      'jcan-classic',
      'containers: [pkcs12]',
      'containers: []',
      'bulk.compatibility: is a form of pkcs12, which containers lack',
    ],
    [
      'issuing-ca',
      'ocspNocheck: false',
      'ocspNocheck: false\nbulk: { mailDomain: null, containers: [], compatibility: false }',
      'bulk: is for subscribers',
    ],
  ])('bulk of %s, changed from %s to %s → %s', (name, from, to, mistake) => {
    expect(mistakesOf([`profiles/${name}.yaml`, from, to])).toContain(`profiles/${name}.yaml: ${mistake}`);
  });

  it.each<[string, string, string]>([
    ['recordedBy: [platform]', 'recordedBy: [platform, lra]', 'methods.9.recordedBy: what the platform records nobody'],
    ['recordedBy: [officer, lra]', 'recordedBy: [lra]', 'methods.0.recordedBy: what an LRA attests an officer can'],
    ['oneIn: 100, least: 10', 'oneIn: 100, least: 101', 'sample: least must not be above most'],
    ['oneIn: 100', 'oneIn: 0', 'sample.oneIn: '],
  ])('identity.yaml: %s is not %s', (from, to, mistake) => {
    const mistakes = mistakesOf(['identity.yaml', from, to]);
    expect(mistakes).toContainEqual(expect.stringContaining(`identity.yaml: ${mistake}`));
  });

  it('no certificate names delta CRLs that are not made', () => {
    const changes: Change[] = [
      [jcan, 'freshestCrl: false', 'freshestCrl: true'],
      ['schedule.yaml', 'delta: { baseAge: 24 hours, nextUpdateAfter: 24 hours }', 'delta: null'],
    ];
    expect(mistakesOf(...changes)).toEqual([`${jcan}: freshestCrl: schedule.yaml has no delta CRLs`]);
  });
});

describe('the lists of weak keys', () => {
  const list = 'weak-keys/blocklist.RSA-2048';
  const aLine = '# A key on the list';

  it('are empty as shipped, and read in the form of openssl-blacklist', () => {
    expect(policies.weakKeys.size).toBe(0);
    const { weakKeys } = readPolicies(changed([list, aLine, `00005890bc78bcbee3ca\n${aLine}`]));
    expect(Array.from(weakKeys)).toEqual(['00005890bc78bcbee3ca']);
    expect(mistakesOf([list, aLine, `00005890BC78BCBEE3CA\n${aLine}`])).toEqual([`${list}: line 6: not 20 hex digits`]);
  });
});

describe('a wrong folder', () => {
  it('is refused with every mistake of every file at once', () => {
    const mistakes = mistakesOf(
      [jcan, uses, 'extendedKeyUsage: [serverAuth]'],
      [jcan, 'deliveries: [server, csr, token]', 'deliveries: [pigeon]'],
      [jcan, 'validityDays: 730', 'validityDays: 900'],
      ['profiles/ocsp-signer.yaml', 'validityDays: 7', 'validityDays: 8'],
      ['schedule.yaml', 'nextUpdateAfter: 72 hours', 'nextUpdateAfter: 11 days'],
      ['schedule.yaml', 'refreshEvery: 4 hours', 'refreshEvery: soon'],
      ['identity.yaml', "acceptedUntil: '2027-03-31'", "acceptedUntil: '2027-02-30'"],
      ['register.yaml', 'roman: Hokkaido', 'roman: ほっかいどう'],
      ['folding.yaml', '- 高髙', '- 高'],
    );
    expect(mistakes).toEqual([
      expect.stringMatching(/^profiles\/jcan-classic\.yaml: deliveries\.0: /),
      `${jcan}: extendedKeyUsage: serverAuth is never for a subscriber`,
      `${jcan}: validityDays: a subscriber's certificate lasts 825 days at most`,
      expect.stringMatching(/^identity\.yaml: methods\.4\.acceptedUntil: /),
      expect.stringMatching(/^register\.yaml: prefectures\.01\.roman: /),
      'schedule.yaml: crl.nextUpdateAfter: must be an hour to 10 days',
      'schedule.yaml: ocsp.refreshEvery: must be a duration such as 72 hours',
      'folding.yaml: variants.0: needs two characters or more',
      'profiles/ocsp-signer.yaml: validityDays: longer than ocsp.signer.maxLifetime in schedule.yaml',
    ]);
  });

  it('names what is not YAML, what is missing, and what is unknown', () => {
    const folder = changed(
      ['schedule.yaml', 'crl:', 'crl: ['],
      [jcan, 'kind: subscriber', 'kind: subscriber\nkynd: x'],
    );
    rmSync(join(folder, 'folding.yaml'));
    const mistakes = refusalOf(() => readPolicies(folder))?.values['mistakes'];
    expect(mistakes).toContain('folding.yaml: is missing');
    expect(mistakes).toContainEqual(expect.stringMatching(/^schedule\.yaml: /));
    expect(mistakes).toContainEqual(expect.stringMatching(/^profiles\/jcan-classic\.yaml: .*kynd/));
  });

  it('needs one profile of each CA', () => {
    const folder = changed();
    rmSync(join(folder, 'profiles/root-ca.yaml'));
    expect(refusalOf(() => readPolicies(folder))?.values['mistakes']).toEqual(['profiles: 0 of kind rootCa']);
  });
});
