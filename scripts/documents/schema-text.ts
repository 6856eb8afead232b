/** A JSON Schema in a line, and its members in rows, for people. */

/** What of JSON Schema 2020-12 the portal's schemas use. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly description?: string;
  readonly format?: string;
  readonly pattern?: string;
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
}

/** `string (1–64)`, `Application[]`, `"good" or "revoked"`; objects without a name are told by their members. */
export function schemaText(schema: Schema): string {
  const name = schema.$ref?.split('/').at(-1);
  if (name !== undefined) return `[${name}](#${name.toLowerCase()})`;
  const either = schema.anyOf ?? schema.oneOf;
  if (either !== undefined) return either.map(schemaText).join(' or ');
  if (schema.allOf !== undefined) return schema.allOf.map(schemaText).join(' and ');
  if (schema.const !== undefined) return valueText(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(valueText).join(' or ');
  if (schema.items !== undefined) return `list of ${schemaText(schema.items)}`;
  const members = Object.entries(schema.properties ?? {});
  if (members.length > 0) return `{ ${members.map(member => memberText(member, schema.required)).join(', ')} }`;
  return `${schema.type ?? 'anything'}${boundsText(schema)}`;
}

/** A row for each member: name (`?` where it may be left out), type, description. */
export function memberRows(schema: Schema): string[][] {
  return Object.entries(schema.properties ?? {}).map(([name, member]) => [
    `\`${name}\`${schema.required?.includes(name) === true ? '' : '?'}`,
    schemaText(member),
    member.description ?? '',
  ]);
}

function memberText([name, member]: [string, Schema], required: readonly string[] = []): string {
  return `\`${name}\`${required.includes(name) ? '' : '?'}: ${schemaText(member)}`;
}

const valueText = (value: unknown): string => `\`${JSON.stringify(value)}\``;

/** The largest safe integers say nothing. */
const told = (bound: number | undefined): string =>
  bound === undefined || Math.abs(bound) >= Number.MAX_SAFE_INTEGER ? '' : String(bound);

function boundsText({ format, minimum, maximum, minLength, maxLength, ...schema }: Schema): string {
  const [least, most] = [told(minimum ?? minLength), told(maximum ?? maxLength)];
  const parts = [
    ...(format === undefined ? [] : [format]),
    ...(least === '' && most === '' ? [] : [`${least}–${most}`]),
    ...(schema.default === undefined ? [] : [`else ${valueText(schema.default)}`]),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}
