/** One thing that programs can ask for: what is read, what is answered, and what it takes; the router and the OpenAPI document are both made of these. */
import { PkiError } from '../../ca-core/errors.ts';
import { z } from '../../ca-core/schema.ts';
import type { PortalParts } from '../parts.ts';
import type { Scope } from '../people/api-scopes.ts';
import type { Person } from '../people/person.ts';
import type { Language } from '../words/language.ts';
import type { ProblemCode } from './problem-codes.ts';
import { readPart } from './read-part.ts';
import { hasTag, tagOf } from './tag.ts';

export interface Answer {
  readonly status: number;
  /** JSON, or null for none. */
  readonly body: object | null;
  /** Instead of JSON. */
  readonly file?: { readonly type: string; readonly octets: Uint8Array };
  readonly headers?: Readonly<Record<string, string>>;
}

/** The parts stand on the transaction of the whole request where there is one. */
export interface Call<Query, Body> {
  readonly parts: PortalParts;
  readonly person: Person;
  readonly language: Language;
  /** Of the path: `id`, `serial`, `code`. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly body: Body;
  /** The octets of a body that is a file; empty for every other. */
  readonly file: Buffer;
  /** The same for every repetition of one POST; empty for GET. Hexadecimal, 64 digits. */
  readonly requestId: string;
}

/** A request before anything of it is believed. */
export interface RawCall extends Omit<Call<unknown, unknown>, 'parts'> {
  /** The header, or null. */
  readonly ifMatch: string | null;
}

/** `null` stands for a file of the type given beside it. */
export type AnswerSchema = z.ZodType | { readonly file: string };

export interface Operation {
  readonly id: string;
  readonly method: 'GET' | 'POST';
  /** As Express has it. */
  readonly path: string;
  readonly summary: string;
  readonly description?: string;
  /** What a token must hold; null for everybody, without credentials. */
  readonly scope: Scope | null;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodObject;
  /** Media types of a body that is a file. */
  readonly takesFile?: readonly string[];
  /** By status. */
  readonly answers: Readonly<Record<number, AnswerSchema>>;
  /** What it may refuse besides what every operation refuses. */
  readonly refusals: readonly ProblemCode[];
  /** Browsers get a page at the same address (pages/). */
  readonly isPageToo: boolean;
  /** GET answers carry an ETag. */
  readonly isTagged: boolean;
  /** Whether effect and answer are kept in one transaction; what waits for others on the way is not. */
  readonly isAtOnce: boolean;
  /** Checks query and body, then returns what does it. Throws FieldMistakes. */
  readonly prepare: (raw: RawCall) => (parts: PortalParts) => Promise<Answer>;
  /** What If-Match is compared with, as JSON; null where there is nothing to compare. */
  readonly about: ((call: Call<object, object>) => Promise<object>) | null;
}

type Read<S> = S extends z.ZodType ? z.output<S> : Record<string, never>;

interface Spec<Q extends z.ZodObject | undefined, B extends z.ZodObject | undefined> extends Omit<
  Operation,
  'prepare' | 'about' | 'query' | 'body' | 'isTagged' | 'isAtOnce' | 'isPageToo'
> {
  readonly query?: Q;
  readonly body?: B;
  readonly isPageToo?: boolean;
  readonly isTagged?: boolean;
  readonly isAtOnce?: boolean;
  readonly about?: Operation['about'];
  readonly run: (call: Call<Read<Q>, Read<B>>) => Promise<Answer>;
}

const nothing = z.strictObject({});

export function operation<
  Q extends z.ZodObject | undefined = undefined,
  B extends z.ZodObject | undefined = undefined,
>({ run, query, body, about = null, ...spec }: Spec<Q, B>): Operation {
  return {
    isPageToo: false,
    isTagged: false,
    isAtOnce: true,
    ...spec,
    about,
    ...(query === undefined ? {} : { query }),
    ...(body === undefined ? {} : { body }),
    prepare: raw => {
      const read = {
        query: readPart(query ?? nothing, raw.query, 'query') as Read<Q>,
        body: readPart(body ?? nothing, raw.body, 'body') as Read<B>,
      };
      return async parts => {
        const call = { ...raw, ...read, parts };
        if (raw.ifMatch !== null && about !== null && !hasTag(raw.ifMatch, tagOf(await about(call)))) {
          throw new PkiError('changedMeanwhile');
        }
        return run(call);
      };
    },
  };
}

export const json = (status: number, body: object, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  body,
  headers,
});
