/** The officers' queue. What is looked at and taken in hand here is approved at the approval desk, and nowhere else. */
import { caseView } from '../officer/case-view.ts';
import { claim, claimNext, putBack } from '../officer/claim.ts';
import { queueOf, type QueueLine } from '../officer/queue.ts';
import { cursorAt, readCursor } from './cursor.ts';
import { FieldMistakes } from './field-mistakes.ts';
import { json, operation, type Call } from './operation.ts';
import * as schemas from './queue-schemas.ts';
import { caseNamed } from './application-schemas.ts';
import { showCase } from './show-case.ts';
import { isoTime, isoTimeOrNull } from './times.ts';

const path = '/api/v1/cases';
const atWork = ({ parameters, person }: Pick<Call<object, object>, 'parameters' | 'person'>) => ({
  caseId: parameters['id'] ?? '',
  officer: person,
});

const showLine = (line: QueueLine, { now, needed }: { readonly now: number; readonly needed: number }): object => ({
  caseId: line.caseId,
  state: line.state,
  profile: line.profile,
  kanjiName: line.kanjiName,
  organisationName: line.organisationName,
  submittedAt: isoTime(line.submittedAt),
  changedAt: isoTime(line.changedAt),
  age: now - line.submittedAt,
  dueAt: isoTimeOrNull(line.dueAt),
  timeLeft: line.left,
  signatures: { given: line.signatures, needed },
  holder: line.holder,
  claimedUntil: line.holder === null ? null : isoTimeOrNull(line.claimedUntil),
});

export const queueOperations = [
  operation({
    id: 'getQueue',
    method: 'GET',
    path: '/api/v1/queue',
    summary: 'The queue: one tab of it, and how many cases every tab has',
    description:
      'What is due first comes first; of what is done, the newest. The clock of a case runs in working time.',
    scope: 'queue:read',
    query: schemas.queueQuery,
    answers: { 200: schemas.queuePage },
    refusals: [],
    run: async ({ parts, person, query: { tab, text, profile, cursor } }) => {
      const page = pageIn(cursor);
      const { lines, counts, pages, needed } = await queueOf(parts, { tab, text, profile, page }, person);
      const nextCursor = page < pages ? cursorAt([page + 1, 'page']) : null;
      const now = parts.clock.now();
      return json(200, { tab, counts, cases: lines.map(line => showLine(line, { now, needed })), nextCursor });
    },
  }),
  operation({
    id: 'claimNext',
    method: 'POST',
    path: '/api/v1/queue/claim-next',
    summary: 'Take the case that is due first and that nobody has',
    scope: 'queue:claim',
    answers: { 200: schemas.claimedNext },
    refusals: [],
    run: async ({ parts, person }) => json(200, { caseId: await claimNext(parts, person) }),
  }),
  operation({
    id: 'getCase',
    method: 'GET',
    path: `${path}/:id`,
    summary: 'One case: what is claimed, what was seen, what the registers say, what would be issued',
    scope: 'queue:read',
    answers: { 200: schemas.caseFile },
    refusals: ['applicationUnknown'],
    isTagged: true,
    run: async call => {
      const { caseId, officer } = atWork(call);
      return json(200, showCase(await caseView(call.parts, caseId, officer)));
    },
  }),
  operation({
    id: 'claimCase',
    method: 'POST',
    path: `${path}/:id/claim`,
    summary: 'Take a case in hand, or take over one whose claim has run out',
    description: 'For 30 minutes after the last step. Taking over is recorded with the name of who had it.',
    scope: 'queue:claim',
    answers: { 200: caseNamed },
    refusals: ['applicationUnknown', 'applicationState', 'caseHeld', 'approverIsApplicant'],
    run: async call => {
      await claim(call.parts, atWork(call));
      return json(200, { caseId: atWork(call).caseId });
    },
  }),
  operation({
    id: 'releaseCase',
    method: 'POST',
    path: `${path}/:id/release`,
    summary: 'Give a case back',
    description: 'Nothing happens where the asking officer does not have it.',
    scope: 'queue:claim',
    answers: { 200: caseNamed },
    refusals: ['applicationUnknown'],
    run: async call => {
      await putBack(call.parts, atWork(call));
      return json(200, { caseId: atWork(call).caseId });
    },
  }),
];

/** From 1. Throws FieldMistakes. */
function pageIn(cursor: string | undefined): number {
  const [page, id] = readCursor(cursor) ?? [1, 'page'];
  if (id !== 'page' || page < 1 || page > 10_000) {
    throw new FieldMistakes([{ rule: 'fieldInvalid', parameter: 'cursor' }]);
  }
  return page;
}
