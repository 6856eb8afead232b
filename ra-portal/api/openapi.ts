/** The OpenAPI 3.1 document, made of the operations and of the schemas that read their requests. */
import { z } from '../../ca-core/schema.ts';
import type { PortalParts } from '../parts.ts';
import * as applicationSchemas from './application-schemas.ts';
import * as cardSchemas from './card-schemas.ts';
import * as certificateSchemas from './certificate-schemas.ts';
import { refusalsOf } from './common-refusals.ts';
import { introduction } from './introduction.ts';
import { json, operation, type AnswerSchema, type Operation } from './operation.ts';
import { problemSchema, problemStatus } from './problem.ts';
import type { ProblemCode } from './problem-codes.ts';
import * as queueSchemas from './queue-schemas.ts';

const document = z.looseObject({ openapi: z.literal('3.1.0') });

export function openApiOperation(described: readonly Operation[]): Operation {
  const own: Operation = operation({
    id: 'getOpenApi',
    method: 'GET',
    path: '/api/v1/openapi.json',
    summary: 'This document',
    scope: null,
    answers: { 200: document },
    refusals: [],
    run: ({ parts }) => Promise.resolve(json(200, openApiOf([...described, own], parts))),
  });
  return own;
}

/** Where the API is: all that its document takes from a running portal. */
export interface OpenApiGround {
  readonly settings: Pick<PortalParts['settings'], 'url'>;
}

/** OpenAPI Specification 3.1.0. */
export function openApiOf(operations: readonly Operation[], { settings }: OpenApiGround): object {
  const { components, refer } = componentsOf(operations);
  const paths: Record<string, Record<string, object>> = {};
  for (const one of operations) {
    const path = one.path.replace(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[one.method.toLowerCase()] = pathItem(one, refer);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Kakuin',
      version: '1',
      summary: 'Applications, certificates and the officers’ queue',
      description: introduction,
    },
    servers: [{ url: settings.url }],
    security: [{ token: [] }, { certificate: [] }],
    paths,
    components: {
      schemas: components,
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'Made on the page “API tokens” of one’s own account.' },
        certificate: { type: 'mutualTLS', description: 'A certificate of this CA, bound to an account.' },
      },
    },
  };
}

type Refer = (schema: z.ZodType) => object;

const modules: readonly Readonly<Record<string, unknown>>[] = [
  applicationSchemas,
  certificateSchemas,
  queueSchemas,
  cardSchemas,
];

/** Schemas that bodies are made of, by the names that their modules give them. */
function componentsOf(operations: readonly Operation[]): { readonly components: object; readonly refer: Refer } {
  const used = new Set(operations.flatMap(({ body, answers }) => [body, ...Object.values(answers)]));
  const exported = modules
    .flatMap(module => Object.entries(module))
    .filter(([, schema]) => used.has(schema as z.ZodType));
  const names = new Map(exported.map(([name, schema]) => [schema as z.ZodType, capital(name)]));
  names.set(problemSchema, 'Problem');
  const registry = z.registry<{ id: string }>();
  for (const [schema, id] of names) registry.add(schema, { id });
  const made = z.toJSONSchema(registry, { uri: id => `#/components/schemas/${id}`, io: 'input' });
  const components = Object.fromEntries(Object.entries(made.schemas).map(([id, schema]) => [id, bare(schema)]));
  const refer: Refer = schema => {
    const name = names.get(schema);
    return name === undefined
      ? bare(z.toJSONSchema(schema, { io: 'input' }))
      : { $ref: `#/components/schemas/${name}` };
  };
  return { components, refer };
}

const capital = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** Without what a schema says of itself where it stands alone. */
function bare(schema: object): object {
  return Object.fromEntries(Object.entries(schema).filter(([name]) => name !== '$schema' && name !== '$id'));
}

function pathItem(one: Operation, refer: Refer): object {
  const { id, summary, description, scope } = one;
  return {
    operationId: id,
    summary,
    ...(description === undefined ? {} : { description }),
    security: scope === null ? [] : [{ token: [scope] }, { certificate: [] }],
    parameters: parametersOf(one),
    ...requestBodyOf(one, refer),
    responses: responsesOf(one, refer),
  };
}

function requestBodyOf({ body, takesFile }: Operation, refer: Refer): object {
  const files = takesFile?.map(type => [type, { schema: { type: 'string', format: 'binary' } }]);
  if (files !== undefined) return { requestBody: { required: true, content: Object.fromEntries(files) as object } };
  if (body === undefined) return {};
  return { requestBody: { required: true, content: { 'application/json': { schema: refer(body) } } } };
}

function parametersOf({ path, query, method, isTagged, about }: Operation): object[] {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name = '']) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string' } },
  }));
  return [
    ...inPath,
    ...(query === undefined ? [] : queryParameters(query)),
    ...(method === 'POST' ? [idempotencyKey] : []),
    ...(isTagged ? [header('If-None-Match', 'The ETag that is known already: 304 where it is still the same.')] : []),
    ...(about === null ? [] : [header('If-Match', 'The ETag of GET: 412 where it was changed since.')]),
  ];
}

function queryParameters(query: z.ZodObject): object[] {
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'input' });
  return Object.entries(properties).map(([name, schema]) => {
    const described = typeof schema === 'object' ? schema : {};
    return { name, in: 'query', required: required.includes(name), schema: described };
  });
}

const header = (name: string, description: string): object => ({
  ...{ name, in: 'header', required: false, description, schema: { type: 'string' } },
});

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: true,
  description: 'New for every request and the same when it is repeated; kept for 24 hours.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,255}$' },
};

function responsesOf(one: Operation, refer: Refer): Record<string, object> {
  const answers = Object.entries(one.answers).map(([status, schema]) => [status, answerOf(one, schema, refer)]);
  const unchanged = one.isTagged ? [['304', { description: 'Not changed.' }]] : [];
  const codes = refusalsOf(one);
  const refused = [...new Set(codes.map(code => problemStatus[code]))].map(status => {
    const those = codes.filter(code => problemStatus[code] === status);
    return [String(status), refusalOf(those, refer)];
  });
  return Object.fromEntries([...answers, ...unchanged, ...refused]) as Record<string, object>;
}

function answerOf({ isTagged, method }: Operation, schema: AnswerSchema, refer: Refer): object {
  const content =
    'file' in schema
      ? { [schema.file]: { schema: { type: 'string', format: 'binary' } } }
      : { 'application/json': { schema: refer(schema) } };
  const replayed = { description: '`true` where it is the answer of an earlier sending.', schema: { type: 'string' } };
  const headers = {
    ...(isTagged ? { ETag: { schema: { type: 'string' } } } : {}),
    ...(method === 'POST' ? { 'Idempotency-Replayed': replayed } : {}),
  };
  return { description: 'Done.', headers, content };
}

function refusalOf(codes: readonly ProblemCode[], refer: Refer): object {
  return {
    description: codes.map(code => `\`${code}\``).join(', '),
    content: { 'application/problem+json': { schema: refer(problemSchema) } },
  };
}
