/** What the files beside the profiles in policies/ must look like, and what they become when they are read. */
import { z } from '../schema.ts';
import { nameAttributeTypes } from '../x509/name.ts';
import { compiles, provable, subjectSources, title } from './profile.ts';

const id = z.string().regex(/^[a-z0-9-]{1,64}$/);
const day = z.iso.date().nullable();
const text = z.string().min(1);
const count = z.number().int().positive();

const unitSeconds = { millisecond: 0.001, second: 1, minute: 60, hour: 3600, day: 86_400 } as const;

/** `72 hours` in the file, seconds (a fraction for milliseconds) when read. */
export const duration = z.string().transform((written, context) => {
  const [, amount, unit] = /^(\d{1,6}) (millisecond|second|minute|hour|day)s?$/.exec(written) ?? [];
  const seconds = Object.entries(unitSeconds).find(([name]) => name === unit)?.[1];
  if (amount !== undefined && seconds !== undefined) return Number(amount) * seconds;
  context.addIssue({ code: 'custom', message: 'must be a duration such as 72 hours' });
  return z.NEVER;
});

const identityMethod = z.strictObject({
  id,
  title,
  recordedBy: z
    .array(z.enum(['officer', 'lra', 'platform']))
    .min(1)
    .refine(by => new Set(by).size === by.length, 'stands twice')
    .refine(by => by.length === 1 || !by.includes('platform'), 'what the platform records nobody else does')
    .refine(by => by.length > 1 || !by.includes('lra'), 'what an LRA attests an officer can record, too'),
  acceptedFrom: day,
  acceptedUntil: day,
});
export type IdentityMethod = z.infer<typeof identityMethod>;

const identityDocument = z.strictObject({
  id,
  title,
  proves: z.enum(provable),
  rank: z.enum(['primary', 'secondary']).nullable(),
  number: z.enum(['kept', 'masked', 'never', 'mailbox', 'domain', 'role', 'licence']),
  methods: z.array(id).min(1),
});
export type IdentityDocument = z.infer<typeof identityDocument>;

const sample = z
  .strictObject({ oneIn: count, least: count.max(200), most: count.max(200) })
  .refine(({ least, most }) => least <= most, 'least must not be above most');

export const identityPolicy = z
  .strictObject({
    methods: z.array(identityMethod).min(1),
    /** How many rows of an attested list officers look at (approvals/attestation.ts). */
    sample,
    documents: z.array(identityDocument).min(1),
  })
  .superRefine(({ methods, documents }, context) => {
    const known = new Set(methods.map(method => method.id));
    const refuse = (path: PropertyKey[], message: string): void => context.addIssue({ code: 'custom', path, message });
    if (known.size !== methods.length) refuse(['methods'], 'an id stands twice');
    if (new Set(documents.map(document => document.id)).size !== documents.length)
      refuse(['documents'], 'an id stands twice');
    documents.forEach((document, index) => {
      const unknown = document.methods.filter(method => !known.has(method));
      if (unknown.length > 0) refuse(['documents', index, 'methods'], `unknown: ${unknown.join(', ')}`);
      const isIdentity = document.proves === 'identity';
      if (isIdentity !== (document.rank !== null)) refuse(['documents', index, 'rank'], 'is for identity documents');
    });
  });
export type IdentityPolicy = z.infer<typeof identityPolicy>;

const prefix = z.strictObject({
  prefix: z.string().regex(/^[A-Z][A-Z0-9]{0,15}-$/),
  title,
  from: z.enum(subjectSources),
  /** What may follow the prefix, beside the alphabet of the profile; null where that alone decides. */
  follows: z.string().refine(compiles, 'must be a regular expression').nullable(),
});
export type Prefix = z.infer<typeof prefix>;

/** The prefixes that a profile may use, by the attribute that they begin. */
export const prefixPolicy = z
  .partialRecord(z.enum(nameAttributeTypes), z.array(prefix))
  .refine(
    table => Object.values(table).every(list => new Set(list.map(one => one.prefix)).size === list.length),
    'a prefix stands twice',
  );
export type PrefixPolicy = z.infer<typeof prefixPolicy>;

const prefectureCodes = Array.from({ length: 47 }, (_, index) => String(index + 1).padStart(2, '0'));

export const registerPolicy = z.strictObject({
  recordMaxAge: duration,
  nta: z.strictObject({ closedProcessCodes: z.array(z.string().regex(/^[0-9]{2}$/)).min(1), attribution: title }),
  robins: z
    .strictObject({
      pageTemplate: z.url().refine(hasOneKey, 'must hold {key} once and stay within 60 characters with a 16-digit key'),
      pageHosts: z.array(z.hostname()).min(1),
      acceptedGrades: z.array(z.enum(['authoritative', 'verified', 'unverified'])).min(1),
    })
    .refine(
      ({ pageTemplate, pageHosts }) => pageHosts.includes(new URL(pageTemplate).hostname),
      'pageHosts must name the host of pageTemplate',
    ),
  prefectures: z
    .record(z.string(), z.strictObject({ ja: text, roman: z.string().regex(/^[A-Z][a-z]+$/) }))
    .refine(hasEveryPrefecture, 'must hold 01 to 47, each once'),
});
export type RegisterPolicy = z.infer<typeof registerPolicy>;

const hours = 3600;
const between =
  (low: number, high: number) =>
  (value: number): boolean =>
    value >= low && value <= high;

export const timeAtNight = z.string().regex(/^([01][0-9]|2[0-3]):[0-5][0-9]$/, 'must be a time such as 02:30');
const timeOfDay = z.string().regex(/^([01][0-9]|2[0-4]):[0-5][0-9]$/, 'must be a time such as 09:00');

export const schedulePolicy = z.strictObject({
  crl: z.strictObject({
    cron: z.string().regex(/^\S+( \S+){4,5}$/, 'must have five or six fields'),
    nextUpdateAfter: duration.refine(between(hours, 240 * hours), 'must be an hour to 10 days'),
    madeWithin: duration.refine(between(1, 24 * hours), 'must be within 24 hours'),
    wakeEvery: duration,
    minInterval: duration,
    overdueAfter: duration,
    jitter: duration,
    clockJump: duration,
    shards: count.max(256),
    fullUpTo: count,
    fullWithin: duration.refine(between(1, 24 * hours), 'must be within 24 hours'),
    delta: z
      .strictObject({
        baseAge: duration.refine(between(1, 240 * hours), 'must be within 10 days'),
        nextUpdateAfter: duration.refine(between(hours, 240 * hours), 'must be an hour to 10 days'),
      })
      .nullable(),
  }),
  ocsp: z.strictObject({
    validity: duration.refine(between(8 * hours, 240 * hours), 'must be 8 hours to 10 days'),
    refreshEvery: duration,
    httpMaxAge: duration,
    followEvery: duration,
    retention: duration,
    responderId: z.enum(['byKey', 'byName']),
    neverIssued: z.enum(['unknown', 'revoked']),
    signer: z.strictObject({
      key: z.enum(['p-256', 'p-384', 'rsa-2048', 'rsa-3072']),
      maxLifetime: duration.refine(between(hours, 168 * hours), 'must be 7 days at most'),
      renewBefore: duration,
    }),
  }),
  issuing: z.strictObject({ pollEvery: duration, batch: count, claimLifetime: duration }),
  portal: z.strictObject({
    mailboxCodeLifetime: duration,
    mailboxCodeAttempts: count,
    draftLifetime: duration,
    pickUpLifetime: duration,
    invitationLifetime: duration,
    signInLifetime: duration,
  }),
  desk: z.strictObject({
    reviewWithin: duration,
    claimLifetime: duration,
    /** Days 1 (Monday) to 7, clock times in Japan. */
    workingTime: z
      .strictObject({ days: z.array(count.max(7)).min(1), from: timeOfDay, until: timeOfDay })
      .refine(({ from, until }) => from < until, 'must end after it begins'),
    holidays: z.array(z.iso.date()),
  }),
  officers: z.strictObject({ authenticators: z.strictObject({ production: count, firstTry: count }) }),
  revocation: z.strictObject({ subscriberRevocationsPerHour: count, listOfOneOfficer: count }),
  life: z.strictObject({
    /** Days before a certificate's end on which its holder is told. */
    noticeDays: z
      .array(count.max(365))
      .min(1)
      .refine(days => new Set(days).size === days.length, 'a day stands twice'),
    digestAt: timeOfDay,
    /** Counted from the end of the year, and of the start of the quarter. */
    lraReport: z.strictObject({ dueAfter: duration, remindEvery: duration }),
    accessReview: z.strictObject({ dueAfter: duration, remindEvery: duration }),
  }),
  audit: z.strictObject({ sequenceEvery: duration }),
  keys: z.strictObject({ auditAt: timeAtNight }),
  backup: z
    .strictObject({
      every: duration.refine(between(60, 24 * hours), 'must be within 24 hours'),
      keepAll: duration,
      keepDaily: duration,
      keepMonthly: duration,
    })
    .refine(({ every, keepAll }) => keepAll >= every, 'keepAll must not be shorter than every'),
  reconcile: z.strictObject({ at: timeAtNight }),
});
export type SchedulePolicy = z.infer<typeof schedulePolicy>;

const legalForm = z.strictObject({ id, ja: z.array(text).min(1), en: z.array(text) });
/** Two characters or more, the first being what the others are read as. */
const characters = z.string().refine(line => Array.from(line).length > 1, 'needs two characters or more');

export const foldingPolicy = z.strictObject({
  legalForms: z.array(legalForm).min(1),
  variants: z.array(characters).refine(eachOnce, 'a character stands in two places'),
  kana: z.array(characters).refine(eachOnce, 'a character stands in two places'),
  sounds: z.array(z.tuple([text, text])),
  dashes: text,
  punctuation: text,
  address: z.strictObject({ numberWords: z.array(text).min(1), dropped: z.array(text) }),
});
export type FoldingPolicy = z.infer<typeof foldingPolicy>;

function hasOneKey(template: string): boolean {
  return template.split('{key}').length === 2 && template.replace('{key}', '0'.repeat(16)).length <= 60;
}

function hasEveryPrefecture(table: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(table).sort().join() === prefectureCodes.join();
}

function eachOnce(lines: readonly string[]): boolean {
  const all = Array.from(lines.join(''));
  return new Set(all).size === all.length;
}
