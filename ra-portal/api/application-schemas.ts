/** Applications as programs see them: these schemas read the requests, check the answers in tests, and make the OpenAPI document. */
import { keyAlgorithms } from '../../ca-core/index.ts';
import { z } from '../../ca-core/schema.ts';
import { applicationStates } from '../applications/application.ts';
import { fileKinds } from '../uploads/file-kind.ts';
import { instant } from './times.ts';

const typed = z.string().min(1).max(255);
const typedOrEmpty = z.string().max(255);
export const cursor = z.string().max(400).describe('`nextCursor` of the page before.');
export const pageSize = z.coerce.number().int().min(1).max(100).default(50);
export const search = z.string().max(64).default('');
/** Full years, months and days. */
export const day = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d$/)
  .meta({ format: 'date' });
export const receptionNumber = z.string().describe('The reception number, `K26-XXXX-XXXX`.');
export const applicationState = z.enum(applicationStates.filter(state => state !== 'draft'));

const who = {
  caseId: receptionNumber,
  profile: z.string(),
  kanjiName: z.string(),
  kanaName: z.string(),
  romanName: z.string(),
  mailbox: z.string(),
};

export const applicationsQuery = z.strictObject({
  state: applicationState.optional(),
  text: search.describe('Part of a reception number, a name or a mail address.'),
  limit: pageSize,
  cursor: cursor.optional(),
});

export const applicationSummary = z.strictObject({
  ...who,
  state: applicationState,
  submittedAt: instant,
  changedAt: instant,
});

export const applicationPage = z.strictObject({
  applications: z.array(applicationSummary),
  nextCursor: z.string().nullable().describe('For the next page; null where this is the last.'),
});

export const application = z.strictObject({
  ...who,
  state: applicationState,
  corporateNumber: z.string(),
  organisationName: z.string(),
  roleName: z.string().nullable(),
  licence: z.string().nullable(),
  submittedAt: instant,
  changedAt: instant,
  writtenBy: z
    .enum(['applicant', 'organisation'])
    .describe('Who filled it in: the applicant, or the organisation’s desk.'),
  takenOverAt: instant
    .nullable()
    .describe('When the member took over what the desk wrote; null while the member is waited for, or wrote it.'),
  mailboxProvedAt: instant.nullable(),
  decision: z
    .strictObject({ reason: z.string(), note: z.string() })
    .nullable()
    .describe('Why it was returned or rejected, last time.'),
  remarks: z
    .array(z.strictObject({ field: z.string(), reason: z.string() }))
    .describe('What has to be corrected, by field.'),
  refusal: z.string().nullable().describe('Why the CA core would not issue.'),
  serialNumber: z.string().nullable().describe('Of the certificate, once it is issued.'),
  pickedUpAt: instant.nullable(),
});

export const timeline = z.strictObject({
  events: z.array(
    z.strictObject({
      at: instant,
      action: z.string().describe('As in the audit log, such as `application.submitted`.'),
      by: z.enum(['applicant', 'organisation', 'officer', 'platform']),
    }),
  ),
});

/** Names whole, as in `姓 名`; the organisation is that of the LRA. */
const memberFields = {
  profile: typed.describe('A name of GET /api/v1/profiles.'),
  kanjiName: typed,
  kanaName: typed,
  romanName: typed,
  mailbox: typed.describe('The member’s own.'),
  roleName: typedOrEmpty.default(''),
  licence: typedOrEmpty.default(''),
  keyAlgorithm: z.enum(keyAlgorithms),
};

export const newApplication = z.strictObject({
  ...memberFields,
  delivery: z
    .enum(['pkcs12', 'token'])
    .default('pkcs12')
    .describe('Sealed to the member’s browser, or made on a USB token, which officers choose.'),
  identityMethod: typed.describe('How the desk saw who it is: an id of GET /api/v1/profiles.'),
  identitySeenOn: day.describe('On which day.'),
  language: z.enum(['ja', 'en']).default('ja').describe('Of the letters to the member.'),
});

export const correction = z.strictObject(memberFields);

const handOverCode = z
  .string()
  .regex(/^\d{8}$/)
  .describe('For the member, by another way than the mail. Shown once; it cannot be asked for again.');

export const appliedForMember = z.strictObject({
  caseId: receptionNumber,
  handOverCode,
  mailbox: z.string(),
  codeUntil: instant.describe('Until when the mailed code counts.'),
});

export const corrected = z.strictObject({
  caseId: receptionNumber,
  handOverCode: handOverCode.nullable().describe('A new one where the member has to take over again; else null.'),
});

export const invited = z.strictObject({ caseId: receptionNumber, handOverCode });
export const caseNamed = z.strictObject({ caseId: receptionNumber });

const title = z.strictObject({ ja: z.string(), en: z.string() });
export const profiles = z.strictObject({
  profiles: z.array(
    z.strictObject({
      name: z.string(),
      title,
      keyAlgorithms: z.array(z.string()),
      validityDays: z.int(),
      revocationReasons: z.array(z.string()),
      documents: z
        .array(z.strictObject({ id: z.string(), title, proves: z.string() }))
        .describe('What may be sent as a file.'),
    }),
  ),
  identityMethods: z.array(z.strictObject({ id: z.string(), title })),
});

export const documentQuery = z.strictObject({
  document: typed.describe('Which document it is: an id of GET /api/v1/profiles.'),
  validUntil: day.optional().describe('Where the document has an end.'),
});

export const documentTaken = z.strictObject({ caseId: receptionNumber, document: z.string() });

export const documents = z.strictObject({
  documents: z.array(
    z.strictObject({
      id: z.string(),
      document: z.string(),
      kind: z.enum(fileKinds),
      octets: z.int().describe('As it was cleaned.'),
      validUntil: instant.nullable(),
      createdAt: instant,
    }),
  ),
});
