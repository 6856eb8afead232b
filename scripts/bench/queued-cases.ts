/** Applications as the portal keeps them, in every stage, for the officers' queue. */
import { systemClock } from '../../ca-core/clock.ts';
import type { CaseDocument } from '../../ca-core/index.ts';
import type { ApplicationState, CertificateApplication } from '../../ra-portal/applications/application.ts';
import { addApplication } from '../../ra-portal/store/applications.ts';
import { approve, caseDocuments } from './approved-orders.ts';
import type { Ground } from './ground.ts';

/** Of twenty cases: how they stand, whether the mailbox is proved, how many officers have signed. */
interface Standing {
  readonly of20: number;
  readonly state: ApplicationState;
  readonly isProved: boolean;
  readonly signatures: 0 | 1;
}

const standings: readonly Standing[] = [
  { of20: 8, state: 'submitted', isProved: true, signatures: 0 },
  { of20: 3, state: 'inReview', isProved: true, signatures: 0 },
  { of20: 1, state: 'inReview', isProved: true, signatures: 1 },
  { of20: 1, state: 'submitted', isProved: false, signatures: 0 },
  { of20: 2, state: 'returned', isProved: true, signatures: 0 },
  { of20: 1, state: 'rejected', isProved: true, signatures: 0 },
  { of20: 4, state: 'delivered', isProved: true, signatures: 0 },
];
const twenty = standings.flatMap(standing => Array.from({ length: standing.of20 }, () => standing));

const families = ['架空', '見本', '例示', '仮名', '試験', '模擬'];
const people = ['太郎', '花子', '一郎', '桜', '健', '美咲', '翔', '葵'];
/** Seconds between one application and the next. */
const apart = 90;

/** Writes `count` applications through the portal's own store. */
export async function fillQueue(ground: Ground, count: number): Promise<void> {
  const now = systemClock.now();
  let number = 0;
  for await (const documents of caseDocuments({ ...ground, count })) {
    await ground.database.transaction(async transaction => {
      for (const document of documents) {
        const standing = twenty[number % twenty.length] ?? twenty[0];
        if (standing === undefined) return;
        const first = { ...ground, approvers: ground.approvers.slice(0, standing.signatures) };
        const documentDigest = standing.signatures > 0 ? await approve(first, document, transaction) : null;
        const at = now - apart * (count - number);
        const application = { ...applicationOf(document, standing, at), documentDigest };
        await addApplication(transaction, application, { submissionId: `bench-${number}`, accessCode: 'none' });
        number += 1;
      }
    });
  }
}

function applicationOf(document: CaseDocument, standing: Standing, at: number): CertificateApplication {
  const { caseId, profile, claim, subjectKey } = document;
  const turn = Math.floor(at / apart);
  const family = families[Math.floor(turn / people.length) % families.length] ?? '';
  const person = people[turn % people.length] ?? '';
  return {
    caseId,
    state: standing.state,
    language: 'ja',
    profile: profile.name,
    claim: { ...claim, kanjiName: `${family} ${person}`, mailbox: `${caseId.toLowerCase()}@kakuu-kakuin.example` },
    subjectKey,
    typed: {},
    mailboxProvedAt: standing.isProved ? at : null,
    decision: standing.state === 'returned' ? { reason: 'nameUnlikeEvidence', note: '' } : null,
    documentDigest: null,
    submittedAt: at,
    changedAt: at,
  };
}
