/** Where each page of the table of routes is found: with nothing in it, with everything, and with something wrong. */
export type Comer = 'nobody' | 'applicant' | 'returned' | 'holder' | 'lra' | 'officer' | 'administrator' | 'caOperator';
export type PlaceState = 'empty' | 'full' | 'error';

export interface Visit {
  readonly state: PlaceState;
  readonly by: Comer;
  /** `{name}` stands for what World calls so. */
  readonly path: string;
  /** The form that is sent with its fields emptied; without it an error is the page itself. */
  readonly sends?: string;
}

const post = 'main form[method="post"]';
const withFile = `${post}[enctype]`;
const on = (by: Comer, path: string, sends?: string): readonly Visit[] => [
  { state: 'full', by, path },
  ...(sends === undefined ? [] : [{ state: 'error' as const, by, path, sends }]),
];
const empty = (by: Comer, path: string): Visit => ({ state: 'empty', by, path });
const wrong = (by: Comer, path: string): Visit => ({ state: 'error', by, path });

const applySteps = ['kind', 'person', 'roman', 'organisation', 'contact', 'documents'] as const;
const memberSteps = ['kind', 'person', 'roman', 'organisation', 'contact', 'identity', 'documents'] as const;

/** Steps whose form cannot be wrong: a choice that is always made, and fields that may stay empty. */
const cannotBeWrong: readonly string[] = ['kind'];

const formOf = (step: string, never: readonly string[]): string | undefined =>
  never.includes(step) ? undefined : step === 'documents' ? withFile : post;

export const places: Readonly<Record<string, readonly Visit[]>> = {
  'GET /': on('nobody', '/'),
  'GET /help/import/:system': [...on('nobody', '/help/import/windows'), wrong('nobody', '/help/import/other')],
  'GET /help/changes': on('nobody', '/help/changes'),
  // First: what is emptied below is checked here.
  'GET /apply/check': on('applicant', '/apply/check', '#review'),
  'GET /apply': [empty('nobody', '/apply'), ...on('applicant', '/apply')],
  ...Object.fromEntries(
    applySteps.map(step => [`GET /apply/${step}`, on('applicant', `/apply/${step}`, formOf(step, cannotBeWrong))]),
  ),
  'GET /applications/:id': [
    empty('nobody', '/applications/K26-0000-0000'),
    ...on('applicant', '/applications/{applied}'),
    ...on('returned', '/applications/{returned}'),
    ...on('holder', '/applications/{held}'),
    { state: 'error', by: 'nobody', path: '/applications/{applied}', sends: post },
  ],
  'GET /applications/:id/mailbox': on('nobody', '/applications/K26-0000-0000/mailbox', post),
  'GET /applications/:id/take-over': on('nobody', '/applications/{member}/take-over', post),
  'GET /applications/:id/correct': on('returned', '/applications/{returned}/correct', post),
  'GET /applications/:id/withdraw': on('applicant', '/applications/{applied}/withdraw'),
  'GET /applications/:id/documents': on('applicant', '/applications/{applied}/documents', withFile),
  'GET /applications/:id/revoke': on('holder', '/applications/{held}/revoke', post),
  'GET /applications/:id/renew': [
    empty('nobody', '/applications/K26-0000-0000/renew'),
    ...on('holder', '/applications/{held}/renew'),
    { state: 'error', by: 'nobody', path: '/applications/{held}/renew', sends: '#renewal' },
  ],
  'GET /applications/:id/pick-up': on('holder', '/applications/{held}/pick-up', '#pick-up'),

  'GET /lra': [empty('lra', '/lra?text=nobody'), ...on('lra', '/lra')],
  'GET /lra/ending': on('lra', '/lra/ending'),
  'GET /officer/retention': on('officer', '/officer/retention'),
  'GET /lra/reports/:year': [...on('lra', '/lra/reports/last'), wrong('lra', '/lra/reports/1999')],
  'GET /officer/lra-reports': on('officer', '/officer/lra-reports'),
  'GET /officer/lra-reports/:organisation/:year': [
    ...on('officer', '/officer/lra-reports/7999901000001/last'),
    wrong('officer', '/officer/lra-reports/7999901000001/1999'),
  ],
  'GET /access-review': on('administrator', '/access-review'),
  'GET /lra/cases/:id': [
    ...on('lra', '/lra/cases/{member}'),
    ...on('lra', '/lra/cases/{held}', `${post}[action$="/revoke"]`),
  ],
  'GET /lra/cases/:id/correct': on('lra', '/lra/cases/{memberReturned}/correct', post),
  'GET /lra/cases/:id/withdraw': on('lra', '/lra/cases/{member}/withdraw'),
  'GET /lra/cases/:id/documents': on('lra', '/lra/cases/{member}/documents', withFile),
  ...Object.fromEntries(
    memberSteps.map(step => [
      `GET /lra/apply/:draft/${step}`,
      [
        empty('lra', `/lra/apply/{emptyDraft}/${step}`),
        ...on('lra', `/lra/apply/{draft}/${step}`, formOf(step, [...cannotBeWrong, 'organisation'])),
      ],
    ]),
  ),
  'GET /lra/apply/:draft/check': on('lra', '/lra/apply/{draft}/check'),

  'GET /report': [empty('nobody', '/report'), ...on('nobody', '/report?serial={serial}', post)],
  'GET /report/:report': [...on('nobody', '/report/{report}'), wrong('nobody', '/report/P-0000-0000-0000-0000')],
  'GET /officer/reports': [empty('officer', '/officer/reports'), ...on('officer', '/officer/reports')],
  'GET /officer/reports/:report': [
    ...on('officer', '/officer/reports/{report}'),
    wrong('officer', '/officer/reports/P-0000-0000-0000-0000'),
  ],

  'GET /sign-in': on('nobody', '/sign-in', post),
  'GET /people/enrol/:link': [...on('nobody', '{personLink}'), wrong('nobody', '/people/enrol/nothing')],
  'GET /officer/enrol/:invitation': [
    ...on('nobody', '/officer/enrol/{invitation}#{secret}'),
    wrong('nobody', '/officer/enrol/nothing'),
  ],
  'GET /people': on('administrator', '/people', `${post}[action="/people"]`),
  'GET /people/:person': [...on('administrator', '/people/{person}'), wrong('administrator', '/people/nobody')],
  // With figures it is looked at in operations-browser.test.ts.
  'GET /operations': on('caOperator', '/operations'),
  'GET /account': [...on('officer', '/account'), ...on('lra', '/account')],
  'GET /account/tokens': on('lra', '/account/tokens', post),

  // Files and jobs with rows in them are looked at in bulk-browser.test.ts.
  'GET /lra/bulk': on('lra', '/lra/bulk', withFile),
  'GET /lra/bulk/files/:file': [wrong('lra', '/lra/bulk/files/nothing')],
  'GET /lra/bulk/submit': on('lra', '/lra/bulk/submit', withFile),
  'GET /lra/bulk/jobs': [empty('lra', '/lra/bulk/jobs'), ...on('lra', '/lra/bulk/jobs')],
  'GET /lra/bulk/jobs/:job': [wrong('lra', '/lra/bulk/jobs/nothing')],
  'GET /lra/bulk/jobs/:job/pin-sheet': [wrong('lra', '/lra/bulk/jobs/nothing/pin-sheet')],
  'GET /lra/bulk/custodian': on('lra', '/lra/bulk/custodian'),
  'GET /officer/jobs/:job': [wrong('officer', '/officer/jobs/nothing')],
  'GET /applications/:id/own-file': on('nobody', '/applications/K26-0000-0000/own-file', post),
  'GET /api/v1/problems': on('nobody', '/api/v1/problems'),
  'GET /api/v1/problems/:code': [
    ...on('nobody', '/api/v1/problems/fieldMissing'),
    wrong('nobody', '/api/v1/problems/nothing'),
  ],

  'GET /officer': [
    empty('officer', '/officer?text=nobody'),
    ...['unassigned', 'mine', 'second', 'applicant', 'overdue', 'done'].flatMap(tab =>
      on('officer', `/officer?tab=${tab}`),
    ),
  ],
  'GET /officer/lists': [
    empty('officer', '/officer/lists'),
    ...on('officer', '/officer/lists?profile=jcan-classic', post),
  ],
  // With one signed and carried out, in many-browser.test.ts.
  'GET /officer/campaigns': on('officer', '/officer/campaigns'),
  'GET /officer/campaigns/:campaign': [wrong('officer', '/officer/campaigns/nothing')],
  'GET /self-audits': [wrong('officer', '/self-audits')],
  'GET /self-audits/:quarter': [wrong('officer', '/self-audits/2026-Q3')],
  'GET /officer/revocations': [
    empty('officer', '/officer/revocations'),
    ...on('officer', '/officer/revocations', withFile),
  ],
  'GET /officer/revocations/lists/:list': [wrong('officer', '/officer/revocations/lists/nothing?reason=superseded')],
  'GET /officer/revocations/:document': [wrong('officer', '/officer/revocations/nothing')],
  'GET /officer/cases/:id': [
    ...on('officer', '/officer/cases/{member}'),
    ...on('officer', '/officer/cases/{held}'),
    ...on('officer', '/officer/cases/{applied}', `${post}[action$="/evidence"]`),
    wrong('officer', '/officer/cases/K26-0000-0000'),
  ],
  // Tokens of every state, and cases that could get one, are looked at in usb-tokens-browser.test.ts.
  'GET /tokens': [empty('officer', '/tokens?text=nobody'), ...on('officer', '/tokens'), ...on('lra', '/tokens')],
  'GET /tokens/:serial': [
    ...on('officer', '/tokens/{token}'),
    ...on('lra', '/tokens/{token}'),
    wrong('lra', '/tokens/x'),
  ],
  'GET /officer/tokens': on('officer', '/officer/tokens'),
  'GET /officer/certificates/:serial': [
    ...on('officer', '/officer/certificates/{serial}', `${post}[action$="/revocation"]`),
    ...on('officer', '/officer/certificates/{pausedSerial}', `${post}[action$="/revocation"]`),
    wrong('officer', '/officer/certificates/00'),
  ],
};

/** What is no page: files, answers for programs, and ways that lead on. */
export const noPages: readonly RegExp[] = [
  /^GET \/assets\/|favicon|\.(cer|pem|csv)$/,
  /^GET \/applications$/,
  /^GET \/lra\/bulk\/(templates\/|files\/:file\/errors$)/,
  /\/:upload$|\/proof$|\/serials$/,
  /^GET \/api\/(?!v1\/problems)/,
];

/** Forms whose every answer is right: a choice that is always made, fields that may stay empty. */
export const noFaults: readonly string[] = [
  'GET /apply/kind',
  'GET /lra/apply/:draft/kind',
  'GET /lra/apply/:draft/organisation',
];
