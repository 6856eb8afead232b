/** What stands on every answer: pages, files, refusals of every kind. None may run what this origin does not serve. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Response } from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { routes } from '../../ra-portal/pages/routes.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import type { Visitor } from './support/a-visitor.ts';
import { aPerson } from './support/a-person.ts';
import { apply, person } from './support/an-application.ts';
import { compileScripts } from './support/compiled-scripts.ts';
import { aJpeg } from './support/files.ts';

const compiled = mkdtempSync(join(tmpdir(), 'kakuin-headers-js-'));
let world: APortal;
let officer: PortalOfficer;
let comers: readonly Visitor[];
const ids = new Map<string, string>();

beforeAll(async () => {
  compileScripts(compiled);
  world = await aPortal({ compiled });
  [officer] = await world.officers();
  await officer.signIn();
  const lra = await aPerson(world, { role: 'lra', organisation: person.corporateNumber });
  const administrator = await aPerson(world, { role: 'administrator' });
  const applied = await apply(world);
  ids.set('id', applied.caseId);
  comers = [world.visitor(), applied.visitor, lra.visitor, officer.visitor, administrator.visitor];
});
afterAll(async () => {
  await world.end();
  rmSync(compiled, { recursive: true });
});

const pathOf = (route: string): string =>
  (route.split(' ')[1] ?? '').replace(/:(\w+)/g, (_, name: string) => ids.get(name) ?? 'nothing');

/** Nothing by default; scripts of this origin or with this answer's nonce, never inline nor evaluated. */
function faultsOf(what: string, { headers, status, text: sent }: Response): readonly string[] {
  // HEAD has none.
  const text = (sent as string | undefined) ?? '';
  const policy = headers['content-security-policy'] ?? '';
  const found: string[] = [];
  if (!/^default-src 'none'(;|$)/.test(policy)) found.push(`policy ${policy}`);
  if (/script-src[^;]*('unsafe-|\*|data:|https?:)/.test(policy)) found.push(`scripts ${policy}`);
  if (!/frame-ancestors '(none|self)'/.test(policy)) found.push(`frames ${policy}`);
  if (headers['x-content-type-options'] !== 'nosniff') found.push('sniffed');
  if ((headers['content-type'] ?? '').startsWith('text/html') && status !== 303) {
    const nonce = /'nonce-([\w+/=-]{20,})'/.exec(policy)?.[1];
    if (nonce === undefined) found.push('no nonce');
    const inline = [...text.matchAll(/<script(?![^>]*\bsrc=)([^>]*)>/g)].map(([, attributes = '']) => attributes);
    const foreign = inline.filter(one => !one.includes(`nonce="${nonce ?? '-'}"`) && !one.includes('application/json'));
    if (foreign.length > 0) found.push(`script${foreign.join()}`);
    if (
      /\son\w+=|javascript:/i.test(
        text
          .replace(/<[^>]*>/g, tag => tag.toLowerCase())
          .match(/<[^>]*>/g)
          ?.join('') ?? '',
      )
    )
      found.push('a handler inside a tag');
  }
  return found.map(one => `${what} (${status}): ${one}`);
}

describe('every answer', () => {
  it('of every route, to whoever asks, runs nothing by default', { timeout: 120_000 }, async () => {
    const found: string[] = [];
    const seen = new Set<number>();
    for (const route of Object.keys(routes).filter(one => one !== 'POST /sign-out')) {
      for (const comer of comers) {
        const answer = route.startsWith('GET ')
          ? await comer.page(pathOf(route))
          : await comer.agent.post(pathOf(route)).set({ Origin: world.url, Accept: 'text/html' }).type('form').send({});
        seen.add(answer.status);
        found.push(...faultsOf(route, answer));
      }
    }
    expect(found).toEqual([]);
    for (const status of [200, 303, 403, 404]) expect(seen).toContain(status);
  });

  it('that refuses: what is not there, other methods, what is too long or no path, another origin, a failure', async () => {
    const visitor = world.visitor();
    const own = { Origin: world.url, Accept: 'text/html' };
    const answers: Record<string, Response> = {
      unknown: await visitor.page('/nowhere'),
      unknownJson: await visitor.look('/nowhere'),
      put: await visitor.agent.put('/apply').set(own),
      delete: await visitor.agent.delete('/apply').set(own),
      options: await visitor.agent.options('/apply').set(own),
      head: await visitor.agent.head('/apply'),
      noPath: await visitor.page('/applications/%ff'),
      tooLong: await visitor.agent
        .post('/apply')
        .set(own)
        .type('json')
        .send(`{"x":"${'x'.repeat(70_000)}"}`),
      noJson: await visitor.agent.post('/apply').set(own).type('json').send('{'),
      noMultipart: await visitor.agent
        .post('/apply/documents')
        .set({ ...own, 'Content-Type': 'multipart/form-data; boundary=x' })
        .send('--x\r\n'),
      foreign: await visitor.agent.post('/apply').set('Origin', 'https://evil.example').send({}),
      noToken: await visitor.agent.post('/apply').set(own).type('form').send({}),
    };
    await world.database.schema.renameTable('applications', 'gone');
    answers['failure'] = await visitor.form('/applications/K26-0000-0000/enter', { accessCode: '12345678' }, '/apply');
    await world.database.schema.renameTable('gone', 'applications');
    expect(answers['failure'].status).toBe(500);
    expect(Object.entries(answers).flatMap(([what, answer]) => faultsOf(what, answer))).toEqual([]);
  });

  it('that is a file: styles, scripts, pictures, certificates, what was uploaded', async () => {
    const { visitor, caseId } = await apply(world, { submissionId: '7'.repeat(32) });
    const documents = `/applications/${caseId}/documents`;
    const token = /name="formToken" value="([^"]+)"/.exec((await visitor.page(documents)).text)?.[1] ?? '';
    const sending = visitor.agent.post(documents).set({ Origin: world.url, Accept: 'text/html' });
    await sending.field({ formToken: token, document: 'driving-licence' }).attach('file', aJpeg(), 'a.jpg').expect(303);
    const upload =
      /href="(\/applications\/[^"]+\/documents\/[^"]+)"/.exec((await visitor.page(documents)).text)?.[1] ?? '';
    const files = ['/assets/text.css', '/assets/tokens.css', '/assets/seal.svg', '/favicon.ico'];
    const paths = [
      ...files,
      '/js/ra-portal/browser/page.js',
      upload,
      `${upload}x`,
      '/assets/nothing.css',
      '/js/nothing.js',
    ];
    const found: string[] = [];
    for (const path of paths) {
      const answer = await visitor.page(path);
      found.push(...faultsOf(path, answer));
      if (path.startsWith('/assets/t') || path === upload) expect(answer.status, path).toBe(200);
    }
    expect(found).toEqual([]);
  });

  it('has a nonce of its own', async () => {
    const nonceOf = async (): Promise<string> =>
      /'nonce-([^']+)'/.exec((await world.visitor().page('/apply')).headers['content-security-policy'] ?? '')?.[1] ??
      '';
    const drawn = [await nonceOf(), await nonceOf(), await nonceOf()];
    expect(new Set(drawn).size).toBe(3);
  });

  it('would be told of, were it not so', () => {
    const good = "default-src 'none';script-src 'self' 'nonce-AAAAAAAAAAAAAAAAAAAAAA';frame-ancestors 'none'";
    const page = { 'content-type': 'text/html', 'x-content-type-options': 'nosniff', 'content-security-policy': good };
    const answer = (headers: object, text = ''): Response => ({ status: 200, headers, text }) as unknown as Response;
    expect(faultsOf('good', answer(page))).toEqual([]);
    expect(faultsOf('none', answer({ ...page, 'content-security-policy': '' }))).not.toEqual([]);
    const unsafe = good.replace("'self'", "'self' 'unsafe-inline'");
    expect(faultsOf('unsafe', answer({ ...page, 'content-security-policy': unsafe }))).not.toEqual([]);
    expect(faultsOf('inline', answer(page, '<script>alert(1)</script>'))).not.toEqual([]);
    expect(faultsOf('handler', answer(page, '<p onclick="x()">'))).not.toEqual([]);
  });
});
