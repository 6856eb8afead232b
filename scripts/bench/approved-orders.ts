import type { Knex } from 'knex';
import { systemClock } from '../../ca-core/clock.ts';
import {
  approvalChallenge,
  digestOf,
  openStore,
  readPolicies,
  subjectOf,
  toHex,
  type CaseDocument,
  type SubjectKey,
} from '../../ca-core/index.ts';
import { ntaSnapshot } from '../../ra-portal/registers/nta-snapshot.ts';
import { robinsSnapshot } from '../../ra-portal/registers/robins-snapshot.ts';
import type { SoftwareAuthenticator } from '../demo/software-authenticator.ts';
import { settingOf, type Settings } from '../settings.ts';
import { makeRequests } from './certification-requests.ts';

/** An officer of the roll with the passkey that approves. */
export interface Approver {
  readonly memberId: string;
  readonly credentialId: string;
  readonly authenticator: SoftwareAuthenticator;
}

export interface OrderMaking {
  readonly settings: Settings;
  readonly database: Knex;
  /** SHA-256 of the issuing CA's SubjectPublicKeyInfo, hex. */
  readonly ca: string;
  readonly approvers: readonly Approver[];
  readonly count: number;
}

const perTransaction = 250;

/** Writes what the portal and the desk write for `count` cases that two officers approved: documents, assertions, orders. */
export async function placeApprovedOrders(making: OrderMaking): Promise<void> {
  const { database, approvers, count, ca, settings } = making;
  const template = await caseTemplate(making);
  const requests = await makeRequests(Math.min(count, 100));
  const relyingParty = relyingPartyOf(settings);
  for (let from = 0; from < count; from += perTransaction) {
    await database.transaction(async transaction => {
      const store = openStore(transaction);
      for (let number = from; number < Math.min(from + perTransaction, count); number += 1) {
        const subjectKey = requests[number % requests.length] ?? template.subjectKey;
        const document: CaseDocument = { ...template, caseId: caseIdOf(number), subjectKey };
        const at = systemClock.now();
        const digest = await store.documents.put(document, at);
        for (const { memberId, credentialId, authenticator } of approvers) {
          const expiry = at + 3600;
          const challenge = approvalChallenge({ kind: 'case', ca, digest, expiry });
          const assertion = authenticator.get({ ...relyingParty, challenge, credentialId });
          await store.approvals.record({ digest, memberId, assertion, expiry, at });
        }
      }
    });
  }
}

function relyingPartyOf(settings: Settings): { readonly rpId: string; readonly origin: string } {
  const origin = settingOf(settings, 'KAKUIN_APPROVAL_URL');
  return { rpId: new URL(origin).hostname, origin };
}

/** Different for every run, so that cases of one round are not those of the round before. */
const runId = digestOf(String(process.hrtime.bigint())).slice(0, 8);
let placed = 0;

function caseIdOf(number: number): string {
  placed += 1;
  return `K26-${runId}-${number}-${placed}`;
}

/** A complete case for the fictional organisation of the shipped registers. */
async function caseTemplate({ settings, database, ca }: OrderMaking): Promise<CaseDocument> {
  const policies = readPolicies(settingOf(settings, 'KAKUIN_POLICIES'));
  const profile = policies.profiles.get('jcan-classic');
  if (profile === undefined) throw new Error('The policies lack jcan-classic.');
  const now = systemClock.now();
  const nta = await ntaSnapshot(database).find(claim.corporateNumber, now);
  const robins = await robinsSnapshot(database).find(claim.corporateNumber, now);
  const register = { nta, robins };
  const names = subjectOf(profile, { claim, register }, policies);
  if (!('subject' in names)) throw new Error(`The names cannot be made: ${JSON.stringify(names)}`);
  return {
    kind: 'case',
    version: 1,
    ca,
    caseId: 'template',
    profile: { name: profile.name, hash: profile.hash },
    claim,
    subject: toHex(names.subject),
    subjectAltName: names.subjectAltName === null ? null : toHex(names.subjectAltName),
    validityDays: profile.validityDays,
    evidence: evidenceAt(now),
    register,
    confirmedVariations: [],
    subjectKey: { from: 'csr', subjectPublicKeyInfo: '00', certificationRequest: '00' } satisfies SubjectKey,
  };
}

const claim: CaseDocument['claim'] = {
  kanjiName: '角印 花子',
  kanaName: 'カクイン ハナコ',
  romanName: 'Kakuin Hanako',
  corporateNumber: '7999901000001',
  organisationName: '株式会社架空角印',
  mailbox: 'hanako@kakuu-kakuin.example',
};

function evidenceAt(seenAt: number): CaseDocument['evidence'] {
  const seen = { validUntil: null, seenAt, result: 'accepted' } as const;
  return [
    {
      ...seen,
      method: 'mailbox-proof',
      document: 'mailbox',
      issuer: '',
      number: claim.mailbox,
      seenBy: 'mailbox-proof',
    },
    {
      ...seen,
      method: 'in-person',
      document: 'driving-licence',
      issuer: '東京都公安委員会',
      number: '123456789012',
      seenBy: 'officer-1',
    },
    {
      ...seen,
      method: 'in-person',
      document: 'staff-card',
      issuer: '株式会社架空角印',
      number: '100',
      seenBy: 'officer-1',
    },
  ];
}
