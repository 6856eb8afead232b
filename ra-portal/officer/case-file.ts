import { PkiError, type Violation } from '../../ca-core/errors.ts';
import {
  checkIdentity,
  registerMatch,
  signaturesNeeded,
  type CertificateProfile,
  type EvidenceRecord,
  type RegisterRecords,
  type SubjectNames,
  type Verdict,
} from '../../ca-core/index.ts';
import { openStates, type CertificateApplication } from '../applications/application.ts';
import { isMistakesOfNames, namesOf } from '../applications/preview.ts';
import { standingOf, type Standing } from '../applications/standing.ts';
import type { PortalParts } from '../parts.ts';
import type { Person } from '../people/person.ts';
import { findApplication } from '../store/applications.ts';
import type { Database } from '../store/database.ts';
import { evidenceOf, registerRecordsOf, variationsOf, type KeptEvidence, type Variation } from '../store/reviews.ts';
import { isOwn } from './at-work.ts';

/** Everything about a case that an officer signs or decides by. */
export interface CaseContent {
  readonly application: CertificateApplication;
  readonly profile: CertificateProfile;
  readonly register: RegisterRecords;
  readonly kept: readonly KeptEvidence[];
  /** What officers recorded, and the mailbox proof of the platform itself. */
  readonly evidence: readonly EvidenceRecord[];
  readonly variations: readonly Variation[];
  readonly names: SubjectNames | null;
  readonly violations: readonly Violation[];
}

export interface CaseFile extends CaseContent {
  readonly standing: Standing;
  readonly verdicts: readonly Verdict[];
  readonly signatures: { readonly given: number; readonly needed: number } | null;
  readonly own: boolean;
  readonly open: boolean;
}

/** Throws applicationUnknown, profileUnknown. */
export async function caseFile(parts: PortalParts, caseId: string, officer: Person): Promise<CaseFile> {
  const content = await caseContent(parts, parts.database, caseId);
  const { application, register } = content;
  const standing = await standingOf(parts.ca, application);
  const { claim, documentDigest } = application;
  const { verdicts } = registerMatch({ claim, register, policies: parts.policies, now: parts.clock.now() });
  const given = documentDigest === null ? 0 : (await parts.ca.approvals.of(documentDigest)).length;
  return {
    ...content,
    standing,
    verdicts,
    signatures: documentDigest === null ? null : { given, needed: signaturesNeeded.case },
    own: isOwn(application, officer),
    open: openStates.includes(standing.state),
  };
}

/** Read from `database`, which may be a step's transaction. */
export async function caseContent(parts: PortalParts, database: Database, caseId: string): Promise<CaseContent> {
  const application = await findApplication(database, caseId);
  if (application === null) throw new PkiError('applicationUnknown');
  const profile = parts.policies.profiles.get(application.profile);
  if (profile === undefined) throw new PkiError('profileUnknown');
  const register = await registerRecordsOf(database, caseId);
  const kept = await evidenceOf(database, caseId);
  const variations = await variationsOf(database, caseId);
  const evidence = [...kept.map(({ record }) => record), ...mailboxProof(application)];
  const { claim } = application;
  const names = namesOf(parts, profile, { claim, register });
  const input = { claim, evidence, register, confirmedVariations: variations };
  const violations = [
    ...checkIdentity(profile, input, parts.policies, parts.clock.now()),
    ...(isMistakesOfNames(names) ? names : []),
    ...keyToCome(application),
  ];
  return {
    application,
    profile,
    register,
    kept,
    evidence,
    variations,
    names: isMistakesOfNames(names) ? null : names,
    violations: withoutRepeats(violations),
  };
}

/** Where the organisation's desk applied, the secret is drawn when the member takes over; a token is given by officers. */
function keyToCome({ subjectKey }: CertificateApplication): readonly Violation[] {
  if (subjectKey.from === 'station' && subjectKey.tokenSerial === '') {
    return [{ rule: 'tokenAwaited', field: 'tokenSerial' }];
  }
  const isToCome = subjectKey.from === 'server' && subjectKey.sealTo === '';
  return isToCome ? [{ rule: 'takeOverAwaited', field: 'sealTo' }] : [];
}

/** The platform's own evidence: the code that was mailed came back. */
function mailboxProof({ claim, mailboxProvedAt }: CertificateApplication): EvidenceRecord[] {
  if (mailboxProvedAt === null) return [];
  return [
    {
      method: 'mailbox-proof',
      document: 'mailbox',
      issuer: '',
      number: claim.mailbox,
      validUntil: null,
      seenAt: mailboxProvedAt,
      seenBy: 'mailbox-proof',
      result: 'accepted',
    },
  ];
}

function withoutRepeats(violations: readonly Violation[]): readonly Violation[] {
  return Array.from(new Map(violations.map(found => [`${found.rule} ${found.field}`, found])).values());
}
