/** The documents of an application that the organisation's desk wrote: sent as they are, kept as they were cleaned. */
import { addDocumentForMember } from '../lra/member-case.ts';
import { uploadsOf, type KeptUpload } from '../store/uploads.ts';
import * as schemas from './application-schemas.ts';
import { json, operation } from './operation.ts';
import { isoTime, isoTimeOrNull } from './times.ts';

const path = '/api/v1/applications/:id/documents';

const showUpload = ({ id, document, kind, octets, validUntil, createdAt }: KeptUpload): object => ({
  ...{ id, document, kind, octets },
  validUntil: isoTimeOrNull(validUntil),
  createdAt: isoTime(createdAt),
});

export const documentOperations = [
  operation({
    id: 'listDocuments',
    method: 'GET',
    path,
    summary: 'The documents that came with an application',
    description: 'What they are, not what is in them.',
    scope: 'applications:read',
    answers: { 200: schemas.documents },
    refusals: ['applicationUnknown'],
    run: async ({ parts, parameters }) => {
      const uploads = await uploadsOf(parts.database, parameters['id'] ?? '');
      return json(200, { documents: uploads.map(showUpload) });
    },
  }),
  operation({
    id: 'addDocument',
    method: 'POST',
    path,
    summary: 'Send a document of an application that the organisation’s desk wrote',
    description: 'The file itself is the body: 10 MB at most. It is cleaned before it is kept, and sealed at rest.',
    scope: 'applications:write',
    query: schemas.documentQuery,
    takesFile: ['application/pdf', 'image/jpeg', 'image/png', 'image/heic'],
    answers: { 201: schemas.documentTaken },
    refusals: [
      ...(['applicationUnknown', 'applicationState', 'dateInvalid', 'fileTooMany', 'fileTooLarge'] as const),
      ...(['fileKindUnknown', 'fileUnsafe', 'fileTooCostly', 'uploadsBusy'] as const),
    ],
    isAtOnce: false,
    run: async ({ parts, person, parameters, query: { document, validUntil = '' }, file }) => {
      const caseId = parameters['id'] ?? '';
      await addDocumentForMember(parts, person, { caseId, document, validUntil, file });
      return json(201, { caseId, document });
    },
  }),
];
