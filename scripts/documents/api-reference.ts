/** docs/api-reference.md, from the OpenAPI document that the portal serves. */
import { z } from '../../ca-core/schema.ts';
import { openApiOf } from '../../ra-portal/api/openapi.ts';
import { operations } from '../../ra-portal/api/operations.ts';
import { tableText } from './marks.ts';
import { memberRows, schemaText, type Schema } from './schema-text.ts';

const schema = z.custom<Schema>(value => typeof value === 'object' && value !== null);
const content = z.record(z.string(), z.object({ schema }));
const parameter = z.object({
  name: z.string(),
  in: z.string(),
  required: z.boolean(),
  description: z.string().optional(),
  schema,
});
const described = z.object({
  operationId: z.string(),
  summary: z.string(),
  description: z.string().optional(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(parameter),
  requestBody: z.object({ content }).optional(),
  responses: z.record(z.string(), z.object({ description: z.string(), content: content.optional() })),
});
type Described = z.infer<typeof described>;
const openApi = z.object({
  info: z.object({ version: z.string() }),
  paths: z.record(z.string(), z.record(z.string(), described)),
  components: z.object({ schemas: z.record(z.string(), schema) }),
});

const head = `# API reference

Written by \`npm run documents\` from the OpenAPI 3.1 document that the portal serves at \`/api/v1/openapi.json\`; a test
fails where the two differ. How to come in, repeat a request and read a refusal is told in [the guide](api.md).
`;

/** The whole page. */
export function apiReference(): string {
  const { paths, components } = openApi.parse(openApiOf(operations, { settings: { url: 'https://kakuin.example' } }));
  const entries = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, one]) => ({ title: `${method.toUpperCase()} ${path}`, one })),
  );
  const contents = entries.map(({ title, one }) => [`[\`${title}\`](#${one.operationId.toLowerCase()})`, one.summary]);
  const schemas = Object.entries(components.schemas).sort(([one], [other]) => (one < other ? -1 : 1));
  return [
    head,
    tableText([['operation', 'what it does'], ...contents]),
    '\n## Operations\n',
    ...entries.map(({ title, one }) => operationText(title, one)),
    '## Schemas\n',
    ...schemas.map(([name, one]) => schemaSection(name, one)),
  ].join('\n');
}

function operationText(title: string, one: Described): string {
  const scopes = one.security.flatMap(way => way.token ?? []);
  return [
    `### ${one.operationId}\n`,
    `\`${title}\` – ${one.summary}. ${scopes.length === 0 ? 'Needs no credentials.' : `Scope \`${scopes.join(', ')}\`.`}\n`,
    ...(one.description === undefined ? [] : [`${one.description}\n`]),
    ...parametersText(one),
    ...(one.requestBody === undefined ? [] : [`Body: ${contentText(one.requestBody.content)}\n`]),
    tableText([['status', 'answer'], ...Object.entries(one.responses).map(answerRow)]),
    '',
  ].join('\n');
}

function parametersText({ parameters }: Described): string[] {
  if (parameters.length === 0) return [];
  const rows = parameters.map(one => [
    `\`${one.name}\`${one.required ? '' : '?'}`,
    one.in,
    schemaText(one.schema),
    one.description ?? '',
  ]);
  return [`${tableText([['parameter', 'in', 'type', ''], ...rows])}\n`];
}

function answerRow([status, answer]: [string, Described['responses'][string]]): string[] {
  const isRefusal = answer.content?.['application/problem+json'] !== undefined;
  const shown = answer.content === undefined ? '' : contentText(answer.content);
  return [status, isRefusal ? answer.description : [answer.description, shown].filter(Boolean).join(' ')];
}

function contentText(types: z.infer<typeof content>): string {
  return Object.entries(types)
    .map(([type, one]) => (type === 'application/json' ? schemaText(one.schema) : `\`${type}\``))
    .join(', ');
}

function schemaSection(name: string, one: Schema): string {
  const rows = memberRows(one);
  const shape = rows.length === 0 ? `${schemaText(one)}\n` : `${tableText([['member', 'type', ''], ...rows])}\n`;
  return `### ${name}\n\n${one.description === undefined ? '' : `${one.description}\n\n`}${shape}`;
}
