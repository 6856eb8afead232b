import type { Knex } from 'knex';
import { systemClock } from '../../ca-core/clock.ts';
import {
  approvalChallenge,
  digestOf,
  openStore,
  readPolicies,
  signaturesNeeded,
  subjectOf,
  toHex,
  type CaseDocument,
  type SignableDocument,
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
  /** Called when some orders have been committed. */
  readonly placed?: () => void;
}

const perTransaction = 250;

/**
 * Writes what the portal and the desk write for `count` cases that two officers approved: documents, assertions, orders.
 * Every case has a key of its own. The ids of the cases.
 */
export async function placeApprovedOrders(making: OrderMaking): Promise<readonly string[]> {
  const caseIds: string[] = [];
  for await (const documents of caseDocuments(making)) {
    if (documents.length === 1) for (const document of documents) await approve(making, document, making.database);
    else {
      await making.database.transaction(async transaction => {
        for (const document of documents) await approve(making, document, transaction);
      });
    }
    making.placed?.();
    caseIds.push(...documents.map(({ caseId }) => caseId));
  }
  return caseIds;
}

/** Complete cases, some at a time, each with a key of its own. */
export async function* caseDocuments(making: OrderMaking): AsyncGenerator<readonly CaseDocument[]> {
  const template = await caseTemplate(making);
  for (let made = 0; made < making.count; made += perTransaction) {
    const requests = await makeRequests(Math.min(perTransaction, making.count - made));
    yield requests.map(subjectKey => ({ ...template, caseId: nextCaseId(), subjectKey }));
  }
}

/** Keeps the document and as many signatures as it needs, which for the last one places the order. Its digest. */
export async function approve(
  { settings, ca, approvers }: Pick<OrderMaking, 'settings' | 'ca' | 'approvers'>,
  document: SignableDocument,
  database: Knex,
): Promise<string> {
  const { documents, approvals } = openStore(database);
  const { kind } = document;
  const at = systemClock.now();
  const digest = await documents.put(document, at);
  const expiry = at + 3600;
  const challenge = approvalChallenge({ kind, ca, digest, expiry });
  for (const { memberId, credentialId, authenticator } of approvers.slice(0, signaturesNeeded[kind])) {
    const assertion = authenticator.get({ ...relyingPartyOf(settings), challenge, credentialId });
    await approvals.record({ digest, memberId, assertion, expiry, at });
  }
  return digest;
}

export function relyingPartyOf(settings: Settings): { readonly rpId: string; readonly origin: string } {
  const origin = settingOf(settings, 'KAKUIN_APPROVAL_URL');
  return { rpId: new URL(origin).hostname, origin };
}

/** Different for every run, so that cases of one round are not those of the round before. */
const runId = digestOf(String(process.hrtime.bigint())).slice(0, 8);
let placed = 0;

export function nextCaseId(): string {
  placed += 1;
  return `K26-${runId}-${placed}`;
}

/** A complete case for the fictional organisation of the shipped registers. */
export async function caseTemplate({ settings, database, ca }: OrderMaking): Promise<CaseDocument> {
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
