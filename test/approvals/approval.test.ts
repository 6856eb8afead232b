import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Approval,
  checkApproval,
  checkApprovals,
  checkApprover,
  readApproval,
} from '../../ca-core/approvals/approval.ts';
import { authenticatorsNeeded, authenticatorsOf } from '../../ca-core/approvals/authenticators.ts';
import { approvalChallenge, approvalLifetime, type ChallengeInput } from '../../ca-core/approvals/challenge.ts';
import {
  type Credential,
  digestOf,
  encodeDocument,
  type Member,
  type ReleaseDocument,
  type RollDocument,
} from '../../ca-core/approvals/documents.ts';
import { readPolicies } from '../../ca-core/profiles/read-policies.ts';
import { projectRoot } from '../../ca-core/project-root.ts';
import { createSoftwareAuthenticator } from '../../scripts/demo/software-authenticator.ts';
import { aCaseDocument } from './a-case-document.ts';

const relyingParty = { rpId: 'approve.localhost', origin: 'http://approve.localhost:8083' };
const portal = { rpId: 'localhost', origin: 'http://localhost:8080' };
const ca = 'ca'.repeat(32);
const now = 1_800_000_000;

const authenticator = createSoftwareAuthenticator();

function credential(use: Credential['use']): Credential {
  const { credentialId, publicKey } = authenticator.create(use === 'approve' ? relyingParty : portal);
  return { use, id: credentialId, publicKey };
}

function aMember(id: string, rest: Partial<Member> = {}): Member {
  const credentials = [credential('approve'), credential('signIn')];
  return { id, role: 'officer', name: id, mailbox: `${id}@ca.example`, credentials, ...rest };
}

const [sato, suzuki] = [aMember('sato'), aMember('suzuki')];
const roll: RollDocument = { kind: 'roll', version: 1, ca, number: 1, previous: null, members: [sato, suzuki] };

const release: ReleaseDocument = { kind: 'release', version: 1, ca, serialNumber: '4f01', requestedAt: now };
const documentText = encodeDocument(release);
const digest = digestOf(documentText);
const ground = { ca, roll, relyingParty, now, authenticators: 1 };

function approvalBy(
  member: Member,
  signed: Partial<ChallengeInput> = {},
  use: Credential['use'] = 'approve',
): Approval {
  const expiry = signed.expiry ?? now + 3600;
  const challenge = approvalChallenge({ kind: 'release', ca, digest, expiry, ...signed });
  const credentialId = member.credentials.find(one => one.use === use)?.id ?? '';
  const asker = use === 'approve' ? relyingParty : portal;
  return { memberId: member.id, expiry, assertion: authenticator.get({ ...asker, challenge, credentialId }) };
}

const check =
  (approval: Approval, changed = {}) =>
  () =>
    checkApproval({ approval, digest, kind: 'release', ...ground, ...changed });

const refusal = (code: string, reason?: string) =>
  expect.objectContaining(reason === undefined ? { code } : { code, values: { reason } }) as Error;

describe('an approval', () => {
  it('names the officer who gave it', () => {
    expect(check(approvalBy(sato))()).toBe(sato);
    expect(readApproval(JSON.parse(JSON.stringify(approvalBy(sato))))).toMatchObject({ memberId: 'sato' });
  });

  it.each<[string, Partial<ChallengeInput>]>([
    ['for another CA', { ca: 'cb'.repeat(32) }],
    ['of another document', { digest: 'dd'.repeat(32) }],
    ['for another action', { kind: 'revocation' }],
  ])('is refused when it was signed %s', (_name, signed) => {
    expect(check(approvalBy(sato, signed))).toThrow(refusal('assertionInvalid', 'challenge'));
  });

  it('counts up to its expiry, which cannot be far ahead or altered', () => {
    expect(check(approvalBy(sato), { now: now + 3600 })).not.toThrow();
    expect(check(approvalBy(sato), { now: now + 3601 })).toThrow(refusal('assertionExpired'));
    expect(check(approvalBy(sato, { expiry: now + approvalLifetime }))).not.toThrow();
    expect(check(approvalBy(sato, { expiry: now + approvalLifetime + 1 }))).toThrow(
      refusal('assertionInvalid', 'expiry'),
    );
    expect(check({ ...approvalBy(sato), expiry: now + 7200 })).toThrow(refusal('assertionInvalid', 'challenge'));
    for (const expiry of [now + 0.5, -1, NaN, Infinity])
      expect(check({ ...approvalBy(sato), expiry })).toThrow(refusal('assertionInvalid', 'expiry'));
  });

  it('is refused from a sign-in passkey, even were it answered for the desk', () => {
    expect(check(approvalBy(sato, {}, 'signIn'))).toThrow(refusal('approverUnknown'));
    const signInIsApprove = sato.credentials.map(one => ({ ...one, use: 'approve' as const }));
    const forged = { ...roll, members: [{ ...sato, credentials: signInIsApprove }] };
    expect(check(approvalBy(sato, {}, 'signIn'), { roll: forged })).toThrow(refusal('assertionInvalid', 'origin'));
  });

  it('is refused from a stranger, another role, or under a colleague’s name', () => {
    expect(check(approvalBy(aMember('tanaka')))).toThrow(refusal('approverUnknown'));
    const lra = { ...roll, members: [{ ...sato, role: 'lra' }] };
    expect(check(approvalBy(sato), { roll: lra })).toThrow(refusal('approverUnknown'));
    expect(check({ ...approvalBy(sato), memberId: 'suzuki' })).toThrow(refusal('approverUnknown'));
  });
});

describe('approvals of a document', () => {
  const checkAll =
    (approvals: readonly Approval[], changed = {}) =>
    () =>
      checkApprovals({ documentText, approvals, ...ground, ...changed });

  it('hold when two different officers signed', () => {
    const held = checkAll([approvalBy(sato), approvalBy(suzuki)])();
    expect(held).toEqual({ document: release, digest, approvers: [sato, suzuki] });
  });

  it('are too few, or of one officer, or of one authenticator under two names', () => {
    expect(checkAll([approvalBy(sato)])).toThrow(refusal('approvalsMissing'));
    expect(checkAll([])).toThrow(refusal('approvalsMissing'));
    expect(checkAll([approvalBy(sato), approvalBy(sato)])).toThrow(refusal('approverTwice'));
    const alias = { ...sato, id: 'alias' };
    const withAlias = { ...roll, members: [sato, alias] };
    expect(checkAll([approvalBy(sato), approvalBy(alias)], { roll: withAlias })).toThrow(refusal('approverTwice'));
  });

  it('are refused from an officer who has fewer authenticators than the policy asks for, whatever is signed', () => {
    const both = [approvalBy(sato), approvalBy(suzuki)];
    expect(checkAll(both, { authenticators: 2 })).toThrow(refusal('authenticatorsMissing'));
    const more = (member: Member): Member => ({
      ...member,
      credentials: [...member.credentials, credential('approve'), credential('signIn')],
    });
    const equipped = { ...roll, members: [more(sato), more(suzuki)] };
    expect(checkAll(both, { authenticators: 2, roll: equipped })).not.toThrow();
    const halves = {
      ...roll,
      members: [more(sato), { ...suzuki, credentials: [...suzuki.credentials, credential('approve')] }],
    };
    expect(checkAll(both, { authenticators: 2, roll: halves })).toThrow(refusal('authenticatorsMissing'));
    const twice = {
      ...suzuki,
      credentials: suzuki.credentials.flatMap(one => [one, { ...one, id: `${one.id}-again` }]),
    };
    expect(authenticatorsOf(twice)).toBe(1);
  });

  it('take two authenticators where the desk is served over https, by the policies as shipped', () => {
    const { authenticators } = readPolicies(join(projectRoot, 'policies')).schedule.officers;
    expect(authenticatorsNeeded(authenticators, { origin: 'https://approve.ra.example' })).toBe(2);
    expect(authenticatorsNeeded(authenticators, relyingParty)).toBe(authenticators.firstTry);
  });

  it('do not hold for other bytes or another CA', () => {
    const other = encodeDocument({ ...release, serialNumber: '4f02' });
    expect(checkAll([approvalBy(sato), approvalBy(suzuki)], { documentText: other })).toThrow(
      refusal('assertionInvalid', 'challenge'),
    );
    expect(checkAll([approvalBy(sato), approvalBy(suzuki)], { documentText: `${documentText} ` })).toThrow(
      refusal('documentMalformed'),
    );
    const foreign = encodeDocument({ ...release, ca: 'cb'.repeat(32) });
    expect(checkAll([], { documentText: foreign })).toThrow(refusal('documentMalformed'));
  });

  it('never come from the applicant, however the mailbox is spelt', () => {
    const document = aCaseDocument({ ca, mailbox: ' ＳＡＴＯ@CA.example ' });
    expect(() => checkApprover(document, sato)).toThrow(refusal('approverIsApplicant'));
    expect(() => checkApprover(document, suzuki)).not.toThrow();
  });
});

describe('a roll that gives an officer other authenticators', () => {
  const next = (members: readonly Member[]): RollDocument => ({
    ...roll,
    number: 2,
    previous: 'aa'.repeat(32),
    members: [...members],
  });
  const recovered = { ...sato, credentials: [credential('approve'), credential('signIn')] };

  it('takes two others: it is not for that officer to sign', () => {
    expect(() => checkApprover(next([recovered, suzuki]), sato)).toThrow(refusal('approverIsApplicant'));
    expect(() => checkApprover(next([{ ...sato, mailbox: 'new@ca.example' }, suzuki]), sato)).toThrow(
      refusal('approverIsApplicant'),
    );
  });

  it('is signed by those whose own entry stays as it was', () => {
    expect(() => checkApprover(next([recovered, suzuki]), suzuki)).not.toThrow();
    expect(() => checkApprover(next([sato, suzuki, aMember('tanaka')]), sato)).not.toThrow();
  });
});
