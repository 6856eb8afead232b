/** Refusals as problems (RFC 9457): a type that can be looked up, a code that stays, words in the reader's language. */
import { PkiError, type ErrorValues } from '../../ca-core/errors.ts';
import { isStoreAway } from '../../ca-core/index.ts';
import { z } from '../../ca-core/schema.ts';
import { statusOf } from '../pages/refusals.ts';
import type { Language } from '../words/language.ts';
import { isWordKey, say, valuesInWords, type WordKey } from '../words/words.ts';
import { FieldMistakes, type FieldMistake } from './field-mistakes.ts';
import type { Answer } from './operation.ts';
import type { HttpProblemCode, ProblemCode } from './problem-codes.ts';
import { instant, isoTime } from './times.ts';

/** The status of every problem there is. */
export const problemStatus: Readonly<Record<ProblemCode, number>> = {
  ...statusOf,
  ...({
    requestMalformed: 400,
    requestTooLarge: 413,
    pageUnknown: 404,
    internalError: 500,
  } satisfies Record<HttpProblemCode, number>),
};

export const problemCodes = Object.keys(problemStatus) as readonly ProblemCode[];

export const problemSchema = z
  .strictObject({
    type: z.url().describe('Where the type of problem is described, in Japanese and English.'),
    code: z.string().describe('Stable; what a program decides by.'),
    title: z.string().describe('The name of the type, in the language of Accept-Language.'),
    status: z.int().min(400).max(599),
    detail: z.string().describe('What happened and what can be done, in the language of Accept-Language.'),
    errors: z
      .array(
        z.strictObject({
          code: z.string(),
          detail: z.string(),
          pointer: z.string().startsWith('#').optional().describe('JSON Pointer (RFC 6901) into the body.'),
          parameter: z.string().optional().describe('Name of a query parameter.'),
        }),
      )
      .optional(),
    holder: z.string().optional().describe('caseHeld: the officer who has the case.'),
    scope: z.string().optional().describe('scopeMissing: what is needed.'),
    missing: z.array(z.string()).optional().describe('identityInsufficient: what is missing.'),
    state: z.string().optional().describe('applicationState: the state it is in.'),
    seconds: z.int().optional().describe('How long to wait; also in Retry-After.'),
    until: instant.optional(),
    at: instant.optional(),
  })
  .describe('RFC 9457 problem details.');
export type Problem = z.infer<typeof problemSchema>;

export interface ProblemGround {
  /** The portal's origin. */
  readonly url: string;
  readonly language: Language;
}

/** What this error is answered with; null for what nobody is told. */
export function problemOf(error: unknown, ground: ProblemGround): Answer | null {
  if (error instanceof PkiError) return answer(error.code, ground, { values: error.values });
  if (isStoreAway(error)) return answer('storeUnavailable', ground, {});
  if (error instanceof FieldMistakes) {
    const isQuery = error.mistakes.some(({ parameter }) => parameter !== undefined);
    const code = isQuery ? 'requestMalformed' : codeOfBody(error.mistakes);
    return answer(code, ground, { mistakes: error.mistakes });
  }
  const code = httpCode(error);
  return code === null ? null : answer(code, ground, {});
}

export const internalProblem = (ground: ProblemGround): Answer => answer('internalError', ground, {});
export const unknownProblem = (ground: ProblemGround): Answer => answer('pageUnknown', ground, {});

/** A body with one kind of mistake is that problem; one with several is `fieldInvalid`. */
function codeOfBody(mistakes: readonly FieldMistake[]): ProblemCode {
  const [rule, ...others] = new Set(mistakes.map(mistake => mistake.rule));
  return rule === undefined || rule === 'fieldUnknown' || others.length > 0 ? 'fieldInvalid' : rule;
}

interface Found {
  readonly values?: ErrorValues;
  readonly mistakes?: readonly FieldMistake[];
}

function answer(code: ProblemCode, { url, language }: ProblemGround, { values = {}, mistakes }: Found): Answer {
  const status = problemStatus[code];
  const title = say(language, `problem.${code}`);
  const type = `${url}/api/v1/problems/${code}`;
  const first = mistakes?.[0];
  const detail = say(language, sentenceOf(code), {
    limit: first?.limit ?? 64,
    ...valuesInWords(language, code, shown(values)),
  });
  const errors = mistakes?.map(mistake => told(mistake, language));
  const body: Problem = { type, code, title, status, detail, ...(errors ? { errors } : {}), ...membersOf(values) };
  return { status, body, headers: headersFor(code, values) };
}

/** Where the sentence for people would send a program to a page, there is one for programs. */
export function sentenceOf(code: ProblemCode): WordKey {
  const own = `api.${code}`;
  return isWordKey(own) ? own : `error.${code}`;
}

type ToldMistake = NonNullable<Problem['errors']>[number];

function told({ rule, pointer, parameter, limit = 64 }: FieldMistake, language: Language): ToldMistake {
  const place = pointer === undefined ? { parameter: parameter ?? '' } : { pointer };
  return { code: rule, detail: say(language, `error.${rule}`, { limit }), ...place };
}

/** Times as people read them in UTC; the members beside have them for programs. */
function shown(values: ErrorValues): ErrorValues {
  return { ...values, ...timesOf(values) };
}

const timesOf = (values: ErrorValues): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ['at', 'until'].flatMap(name => {
      const value = values[name];
      return typeof value === 'number' ? [[name, isoTime(value)]] : [];
    }),
  );

/** Values that are for programs, too; the others stay inside. */
function membersOf(values: ErrorValues): Partial<Problem> {
  const told = ['seconds', 'holder', 'scope', 'missing', 'state'];
  const members = Object.entries(values).filter(([name]) => told.includes(name));
  return { ...Object.fromEntries(members), ...timesOf(values) };
}

function headersFor(code: ProblemCode, { seconds, scope }: ErrorValues): Readonly<Record<string, string>> {
  const wait = typeof seconds === 'number' ? { 'Retry-After': String(seconds) } : {};
  if (code === 'credentialsRefused')
    return { ...wait, 'WWW-Authenticate': 'Bearer realm="kakuin", error="invalid_token"' };
  if (code !== 'scopeMissing') return wait;
  const challenge = `Bearer realm="kakuin", error="insufficient_scope", scope="${String(scope)}"`;
  return { ...wait, 'WWW-Authenticate': challenge };
}

/** Errors of Express itself and of what reads bodies. */
function httpCode(error: unknown): ProblemCode | null {
  const { status } = (typeof error === 'object' && error !== null ? error : {}) as { readonly status?: unknown };
  if (status === 404) return 'pageUnknown';
  if (status === 413) return 'requestTooLarge';
  if (status === 415) return 'mediaTypeUnsupported';
  return typeof status === 'number' && status >= 400 && status < 500 ? 'requestMalformed' : null;
}
