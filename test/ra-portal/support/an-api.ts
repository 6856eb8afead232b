/** The API of a portal with its own document: programs of an LRA and of an officer, and whether an answer is as described. */
import { registerSchema, validate, type OpenApi } from '@hyperjump/json-schema/openapi-3-1';
import type { Response } from 'supertest';
import { expect } from 'vitest';
import { operations } from '../../../ra-portal/api/operations.ts';
import type { Operation } from '../../../ra-portal/api/operation.ts';
import { apiRoutes } from '../../../ra-portal/pages/api-routes.ts';
import { compiled } from '../../support/compiled.ts';
import { aPerson, type APerson } from './a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './a-portal.ts';
import { aProgram, type AProgram } from './a-program.ts';
import { apply, person, proveMailbox, review } from './an-application.ts';

export interface ApiDocument {
  readonly openapi: string;
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Described>> }>>>
  >;
}
interface Described {
  readonly content?: Readonly<Record<string, object>>;
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

export interface AnApi {
  readonly world: APortal;
  readonly officers: readonly [PortalOfficer, PortalOfficer];
  readonly lra: APerson;
  /** The LRA's. */
  readonly program: AProgram;
  readonly officerProgram: AProgram;
  readonly document: ApiDocument;
  /** The status is described, and the body is what is said of it. */
  readonly asDescribed: (operation: Operation, answer: Response) => Promise<void>;
  readonly end: () => Promise<void>;
}

export async function anApi(): Promise<AnApi> {
  compiled('ra-portal/uploads/clean-program.ts');
  const world = await aPortal();
  const officers = await world.officers();
  for (const officer of officers) await officer.signIn();
  const lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
  const program = await aProgram(world, { kind: 'person', subject: lra.id });
  const officerProgram = await aProgram(world, { kind: 'officer', subject: officers[0].memberId });
  const document = (await program.get('/api/v1/openapi.json').expect(200)).body as ApiDocument;
  registerSchema(document as unknown as OpenApi, uri, 'https://spec.openapis.org/oas/3.1/schema-base');
  return {
    ...{ world, officers, lra, program, officerProgram, document },
    asDescribed: (operation, answer) => asDescribed(document, operation, answer),
    end: () => world.end(),
  };
}

const uri = 'https://kakuin.example/openapi';
const pathInDocument = ({ path }: Operation): string => path.replace(/:(\w+)/g, '{$1}');
const pointerPart = (part: string): string => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

async function asDescribed(document: ApiDocument, operation: Operation, answer: Response): Promise<void> {
  const { method, id } = operation;
  const path = pathInDocument(operation);
  const responses = document.paths[path]?.[method.toLowerCase()]?.responses ?? {};
  const told = `${id} ${answer.status} ${answer.text}`;
  expect(Object.keys(responses), told).toContain(String(answer.status));
  const described = Object.keys(responses[String(answer.status)]?.content ?? {});
  const [type = ''] = (answer.headers['content-type'] ?? '').split(';');
  expect(described, told).toEqual(described.length === 0 ? [] : [type]);
  if (!/json$/.test(type)) return;
  const place = ['paths', path, method.toLowerCase(), 'responses', String(answer.status), 'content', type, 'schema'];
  const body = JSON.parse(answer.text) as Json;
  const output = await validate(`${uri}#${place.map(part => `/${pointerPart(part)}`).join('')}`, body, 'BASIC');
  expect(output.valid, `${told} ${JSON.stringify(output)}`).toBe(true);
}

/** Stations come over the proxy's socket, with a certificate and no token: theirs are tried in usb-tokens-made.test.ts. */
const isStations = ({ method, path }: Operation): boolean =>
  apiRoutes[`${method} ${path}`]?.allowed.every(role => role === 'station') === true;
/** What people and their programs may call. */
export const peoples = operations.filter(operation => !isStations(operation));

/** What a desk asks for one of its members. */
export const form = {
  profile: 'jcan-classic',
  kanjiName: '架空 太郎',
  kanaName: 'カクウ タロウ',
  romanName: 'Kakuu Taro',
  mailbox: person.mailbox,
  keyAlgorithm: 'p-256',
};
/** The same, with how and when identity was seen. */
export const member = { ...form, identityMethod: 'in-person', identitySeenOn: '2026-11-20' };

/** An applicant's own, with its mailbox proved. Its reception number. */
export async function submitted({ world }: Pick<AnApi, 'world'>): Promise<string> {
  const applied = await apply(world, { mailbox: 'hanako@kakuu-kakuin.example' });
  await proveMailbox(world, applied);
  return applied.caseId;
}

/** Both officers approve it. The serial number of its certificate. */
export async function issue({ world, officers }: Pick<AnApi, 'world' | 'officers'>, caseId: string): Promise<string> {
  const digest = await review(world, officers[0], caseId);
  for (const officer of officers) await officer.approve(digest);
  await world.work();
  return (await world.store.certificates.ofCase(caseId))?.serialNumber ?? '';
}
