/** Applications of one organisation: what its desk sees of them, and what it does for its staff. */
import type { PkiErrorCode } from '../../ca-core/errors.ts';
import { formTextOf } from '../applications/form-text.ts';
import { isMistakes } from '../applications/read-form.ts';
import { applyForMember } from '../lra/apply-for-member.ts';
import { seeingMethods } from '../lra/identity-seen.ts';
import { correctForMember, inviteAgain, withdrawForMember } from '../lra/member-case.ts';
import { memberProfiles } from '../lra/member-form.ts';
import { applicationLines } from '../store/organisation.ts';
import { caseEventsOf } from '../store/timeline.ts';
import { documentsFor } from '../uploads/documents-for.ts';
import * as schemas from './application-schemas.ts';
import { pageOf, readCursor } from './cursor.ts';
import { atFields } from './field-mistakes.ts';
import { json, operation, type Call } from './operation.ts';
import { organisationOf } from './organisation.ts';
import { showApplication, showEvents, showLine } from './show-application.ts';
import { isoTime } from './times.ts';

const path = '/api/v1/applications';
const caseIdOf = ({ parameters }: Pick<Call<object, object>, 'parameters'>): string => parameters['id'] ?? '';
const aboutApplication = (call: Call<object, object>): Promise<object> => showApplication(call.parts, caseIdOf(call));

/** What a form of the portal may be refused for. */
const formRefusals = [
  ...['fieldMissing', 'fieldInvalid', 'profileUnknown', 'keyUnacceptable', 'nameTooLong', 'nameCharacters'],
  ...['mailboxInvalid', 'licenceInvalid', 'dateInvalid', 'registerMismatch', 'organisationUnknown'],
  ...['organisationClosed', 'registerUnavailable', 'keyNotOnTokens'],
] as readonly PkiErrorCode[];

export const applicationOperations = [
  operation({
    id: 'listProfiles',
    method: 'GET',
    path: '/api/v1/profiles',
    summary: 'The kinds of certificate that can be applied for',
    scope: 'applications:read',
    answers: { 200: schemas.profiles },
    refusals: [],
    run: ({ parts }) => {
      const shown = memberProfiles(parts).map(({ name, title, keys, validityDays, revocationReasons }) => ({
        ...{ name, title, keyAlgorithms: keys, validityDays, revocationReasons },
        documents: documentsFor(parts.policies, name, parts.clock.now()).flatMap(({ proves, documents }) =>
          documents.map(document => ({ id: document.id, title: document.title, proves })),
        ),
      }));
      const identityMethods = seeingMethods(parts).map(({ id, title }) => ({ id, title }));
      return Promise.resolve(json(200, { profiles: shown, identityMethods }));
    },
  }),
  operation({
    id: 'listApplications',
    method: 'GET',
    path,
    summary: 'Applications of the organisation, newest first',
    description: 'The state is as of a few seconds ago at most; GET of one application has it of this moment.',
    scope: 'applications:read',
    query: schemas.applicationsQuery,
    answers: { 200: schemas.applicationPage },
    refusals: [],
    run: async ({ parts, person, query: { state = null, text, limit, cursor } }) => {
      const place = readCursor(cursor);
      const after = place === null ? null : { submittedAt: place[0], caseId: place[1] };
      const question = { organisation: organisationOf(person), text, state, limit: limit + 1, after };
      const found = await applicationLines(parts.database, question);
      const { lines, nextCursor } = pageOf(found, limit, line => [line.submittedAt, line.caseId]);
      return json(200, { applications: lines.map(showLine), nextCursor });
    },
  }),
  operation({
    id: 'getApplication',
    method: 'GET',
    path: `${path}/:id`,
    summary: 'One application and where it stands',
    scope: 'applications:read',
    answers: { 200: schemas.application },
    refusals: ['applicationUnknown'],
    isTagged: true,
    run: async call => json(200, await aboutApplication(call)),
  }),
  operation({
    id: 'getTimeline',
    method: 'GET',
    path: `${path}/:id/timeline`,
    summary: 'What happened to one application, oldest first',
    scope: 'applications:read',
    answers: { 200: schemas.timeline },
    refusals: ['applicationUnknown'],
    run: async call => json(200, { events: showEvents(await caseEventsOf(call.parts.database, caseIdOf(call))) }),
  }),
  operation({
    id: 'applyForMember',
    method: 'POST',
    path,
    summary: 'Apply for a member of the organisation',
    description:
      'The member gets a mail with a link, proves the mailbox by it, and draws a secret in the browser: the hand-over ' +
      'code lets them do so and has to reach them another way. Officers then check the application as any other; ' +
      'nothing is approved over this API.',
    scope: 'applications:write',
    body: schemas.newApplication,
    answers: { 201: schemas.appliedForMember },
    refusals: [...formRefusals, 'orderTwice'],
    isAtOnce: false,
    run: async ({ parts, person, body, requestId }) => {
      const { identityMethod, identitySeenOn, language, ...form } = body;
      const text = formTextOf({ ...form, submissionId: requestId });
      const sending = { text, seen: { identityMethod, identitySeenOn }, language, draftId: null };
      const applied = await applyForMember(parts, person, sending);
      if (isMistakes(applied)) throw atFields(applied);
      const Location = `${path}/${applied.caseId}`;
      return json(201, { ...applied, codeUntil: isoTime(applied.codeUntil) }, { Location });
    },
  }),
  operation({
    id: 'correctApplication',
    method: 'POST',
    path: `${path}/:id/correction`,
    summary: 'Correct an application that was returned',
    description: 'Only those that the organisation’s desk wrote.',
    scope: 'applications:write',
    body: schemas.correction,
    answers: { 200: schemas.corrected },
    refusals: ['applicationUnknown', 'applicationState', 'changedMeanwhile', ...formRefusals],
    isAtOnce: false,
    about: aboutApplication,
    run: async ({ parts, person, parameters, body }) => {
      const caseId = caseIdOf({ parameters });
      const read = await correctForMember(parts, person, { caseId, text: formTextOf(body) });
      if (isMistakes(read)) throw atFields(read);
      return json(200, { caseId, ...read });
    },
  }),
  operation({
    id: 'inviteMemberAgain',
    method: 'POST',
    path: `${path}/:id/invitation`,
    summary: 'Send the mailbox proof again',
    description:
      'A new letter to the member, and a new hand-over code; those before count no more. Once a minute at most, and only ' +
      'while the member has not taken over.',
    scope: 'applications:write',
    answers: { 200: schemas.invited },
    refusals: ['applicationUnknown', 'applicationState', 'tooManyAttempts'],
    isAtOnce: false,
    run: async ({ parts, person, parameters }) => {
      const caseId = caseIdOf({ parameters });
      return json(200, { caseId, handOverCode: await inviteAgain(parts, person, caseId) });
    },
  }),
  operation({
    id: 'withdrawApplication',
    method: 'POST',
    path: `${path}/:id/withdrawal`,
    summary: 'Withdraw an application',
    description: 'Only those that the organisation’s desk wrote, and only until the certificate is ordered.',
    scope: 'applications:write',
    answers: { 200: schemas.caseNamed },
    refusals: ['applicationUnknown', 'applicationState', 'changedMeanwhile'],
    about: aboutApplication,
    run: async ({ parts, person, parameters }) => {
      const caseId = caseIdOf({ parameters });
      await withdrawForMember(parts, person, caseId);
      return json(200, { caseId });
    },
  }),
];
