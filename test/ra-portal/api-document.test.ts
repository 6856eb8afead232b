/** The API against its own document: every route is in it, and every operation refuses as it is described. */
import { validate } from '@hyperjump/json-schema/openapi-3-1';
import type { Test } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operations } from '../../ra-portal/api/operations.ts';
import type { Operation } from '../../ra-portal/api/operation.ts';
import { apiRoutes } from '../../ra-portal/pages/api-routes.ts';
import type { APerson } from './support/a-person.ts';
import type { APortal, PortalOfficer } from './support/a-portal.ts';
import { aProgram, programWith, type AProgram } from './support/a-program.ts';
import { apply } from './support/an-application.ts';
import { aPng } from './support/files.ts';
import { routesOf } from './support/routes-of.ts';
import { anApi, peoples, type AnApi, type ApiDocument } from './support/an-api.ts';

let api: AnApi;
let world: APortal;
let officers: readonly [PortalOfficer, PortalOfficer];
let lra: APerson;
let program: AProgram;
let officerProgram: AProgram;
let document: ApiDocument;
beforeAll(async () => {
  api = await anApi();
  ({ world, officers, lra, program, officerProgram, document } = api);
});
afterAll(() => api.end());

const anyPath = ({ path }: Operation): string =>
  path.replace(':id', 'K26-0000-0000').replace(':serial', 'ab12').replace(':code', 'fieldMissing');
const send = (by: AProgram, operation: Operation, path = anyPath(operation)): Test =>
  operation.method === 'GET'
    ? by.get(path)
    : operation.takesFile === undefined
      ? by.post(path)
      : by.file(path, operation.takesFile.find(type => type === 'image/png') ?? operation.takesFile[0] ?? '', aPng());
const ownerOf = ({ path }: Operation): AProgram => (/queue|cases/.test(path) ? officerProgram : program);
const guarded = peoples.filter(({ scope }) => scope !== null);
const posts = peoples.filter(({ method }) => method === 'POST');

let oneCase: Promise<{ readonly caseId: string }> | null = null;
/** An application of the organisation, made once. */
const anyCase = (): Promise<{ readonly caseId: string }> => (oneCase ??= apply(world));

describe('the document', () => {
  it('is OpenAPI 3.1 by the specification’s own schema', async () => {
    expect(document.openapi).toBe('3.1.0');
    const output = await validate('https://spec.openapis.org/oas/3.1/schema-base', document as never, 'BASIC');
    expect(output).toEqual({ valid: true });
  });

  it('has every route that is served under /api, and no other; so has the table of routes', () => {
    const served = new Set(routesOf(world.portal.app).filter(route => route.includes(' /api/')));
    const described = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.keys(item).map(method => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`),
    );
    expect(described.sort()).toEqual([...served].sort());
    expect(Object.keys(apiRoutes).sort()).toEqual([...served].sort());
  });

  it('says that nothing is approved here, and has no operation that would', () => {
    expect(JSON.stringify(document)).toContain('Approvals do not happen here');
    expect(operations.filter(({ path, id }) => /approv|assertion|signature/i.test(path + id))).toEqual([]);
  });
});

describe('every operation', () => {
  it('refuses, with one and the same answer, whoever brings no credentials or wrong ones', async () => {
    const expired = await aProgram(world, { kind: 'person', subject: lra.id }, { lifetime: -1 });
    const wrong = [
      programWith(world.url, 'kakuin_x'),
      programWith(world.url, `${program.token.slice(0, -1)}-`),
      expired,
    ];
    const bodies = new Set<string>();
    for (const operation of guarded) {
      const answer = await send(wrong[guarded.indexOf(operation) % 3] ?? expired, operation);
      expect(answer.status, operation.id).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="kakuin", error="invalid_token"');
      bodies.add(answer.text);
      await api.asDescribed(operation, answer);
    }
    expect(bodies.size).toBe(1);
  });

  it('refuses a token without its scope, and names the scope', async () => {
    for (const operation of guarded) {
      const owner = ownerOf(operation) === program ? ({ kind: 'person', subject: lra.id } as const) : null;
      const scopes =
        operation.scope === 'applications:read' ? (['certificates:read'] as const) : (['applications:read'] as const);
      const poor = await aProgram(world, owner ?? { kind: 'officer', subject: officers[0].memberId }, { scopes });
      const path = anyPath(operation).replace('K26-0000-0000', (await anyCase()).caseId);
      const answer = await send(poor, operation, path);
      expect(answer.status, operation.id).toBe(403);
      expect(answer.body).toMatchObject({ code: 'scopeMissing', scope: operation.scope });
      await api.asDescribed(operation, answer);
    }
  });

  it('refuses a query that it does not describe', async () => {
    for (const operation of peoples) {
      const path = anyPath(operation).replace('K26-0000-0000', (await anyCase()).caseId);
      const answer = await send(ownerOf(operation), operation, `${path}?nothing=1`);
      const { code, errors } = answer.body as { code: string; errors: readonly object[] };
      expect(code, operation.id).toBe('requestMalformed');
      expect(errors.at(-1)).toMatchObject({ parameter: 'nothing', code: 'fieldUnknown' });
      await api.asDescribed(operation, answer);
    }
  });

  it('refuses a POST without a key, with a strange body, of another type, or too large', async () => {
    for (const operation of posts.filter(({ takesFile }) => takesFile === undefined)) {
      const path = anyPath(operation).replace('K26-0000-0000', (await anyCase()).caseId);
      const by = ownerOf(operation);
      const refused: readonly (readonly [Test, number, string])[] = [
        [by.post(path, {}, ' '), 400, 'idempotencyKeyMissing'],
        [by.post(path, { strange: 1 }), 422, 'fieldInvalid'],
        [
          by.post(path).set('Content-Type', 'application/x-www-form-urlencoded').send('a=b'),
          415,
          'mediaTypeUnsupported',
        ],
        [by.post(path).set('Content-Encoding', 'gzip'), 415, 'mediaTypeUnsupported'],
        [by.post(path, { long: 'x'.repeat(66_000) }), 413, 'requestTooLarge'],
        [by.post(path).set('Content-Type', 'application/json').send('{"a":'), 422, 'fieldInvalid'],
      ];
      for (const [test, status, code] of refused) {
        const answer = await test;
        expect(answer.status, `${operation.id} ${code} ${answer.text}`).toBe(status);
        expect(answer.body).toMatchObject({ code });
        await api.asDescribed(operation, answer);
      }
    }
  });

  it('takes no cookie for credentials, from whatever origin', async () => {
    for (const operation of posts.filter(({ scope }) => scope !== null)) {
      const visitor = ownerOf(operation) === program ? lra.visitor : officers[0].visitor;
      const answer = await visitor.json(anyPath(operation), {}).set('Idempotency-Key', 'k');
      expect(answer.status, operation.id).toBe(401);
      const foreign = await ownerOf(operation).post(anyPath(operation)).set('Origin', 'https://evil.example');
      expect(foreign.status, operation.id).toBe(403);
    }
  });
});
