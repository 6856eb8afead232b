/** What stands before every route. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import request from 'supertest';
import { silentLog } from '../../ca-core/log.ts';
import { openPortal } from '../../ra-portal/portal.ts';
import { readSettings } from '../../ra-portal/settings.ts';
import { cookieNameOf } from '../../ra-portal/pages/cookies.ts';
import { aPortal, type APortal } from './support/a-portal.ts';
import { apply, person } from './support/an-application.ts';

let world: APortal;
beforeAll(async () => {
  world = await aPortal();
});
afterAll(() => world.end());

describe('what comes from elsewhere', () => {
  it('is refused without the own origin, whatever it is', async () => {
    for (const origin of ['http://evil.example', 'null', `${world.url}.evil.example`]) {
      await request(world.url).post('/apply').set('Origin', origin).send(person).expect(403);
    }
    await request(world.url).post('/apply').send(person).expect(403);
  });

  it('is refused as a form without the token of a page', async () => {
    const form = () => request(world.url).post('/apply/preview').set('Origin', world.url).type('form');
    await form().send(person).expect(403);
    const page = await request(world.url).get('/apply');
    const formToken = /name="formToken" value="([^"]+)"/.exec(page.text)?.[1] ?? '';
    expect(formToken).not.toBe('');
    await form()
      .send({ ...person, formToken })
      .expect(403);
  });

  it('is refused when it is too long or no JSON', async () => {
    const json = () =>
      request(world.url).post('/apply').set({ Origin: world.url, Accept: 'application/json' }).type('json');
    await json()
      .send(`{"kanjiName":"${'x'.repeat(70_000)}"}`)
      .expect(413);
    const body: unknown = (await json().send('{').expect(400)).body;
    expect(body).toMatchObject({ code: 'requestMalformed' });
  });
});

describe('every page', () => {
  it('runs only what this origin serves, and is kept nowhere', async () => {
    const { headers } = await request(world.url).get('/apply').expect(200);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none';script-src 'self' 'nonce-[^']{20,}';style-src 'self';img-src 'self';connect-src 'self';form-action 'self' http:\/\/approve\.localhost:8083;base-uri 'none';frame-ancestors 'none'$/,
    );
    expect(headers).toMatchObject({
      'cache-control': 'no-store',
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
    });
    expect(headers).not.toHaveProperty('x-powered-by');
    expect(headers).not.toHaveProperty('strict-transport-security');
  });

  it('takes its cookies from scripts and from other sites', async () => {
    const { visitor, caseId, accessCode } = await apply(world);
    const { headers } = await visitor.json(`/applications/${caseId}/enter`, { accessCode }).expect(200);
    const [cookie = ''] = headers['set-cookie'] as unknown as string[];
    expect(cookie).toMatch(/^applicant=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    expect(cookieNameOf('officer', { url: 'https://ra.example' })).toBe('__Host-officer');
  });

  it('keeps its cookies to this very host over https, and asks for https from then on', async () => {
    const settings = { ...world.settings, url: 'https://ra.example' };
    const { app } = openPortal({
      database: world.database,
      settings,
      clock: world.clock,
      log: silentLog,
      compiled: 'dist',
    });
    const { headers } = await request(app).get('/apply');
    const cookies = headers['set-cookie'] as unknown as string[];
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__Host-[^;]+; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    }
    expect(headers['strict-transport-security']).toContain('max-age=31536000');
  });

  it('changes nothing when it is looked at', async () => {
    const { visitor, caseId } = await apply(world);
    const before = JSON.stringify([await world.rows(), await world.database('applications')]);
    const paths = ['', '/mailbox', '/pick-up', '/correct', '/revoke', '/certificate.cer', '/chain.pem'];
    for (const path of paths) await visitor.page(`/applications/${caseId}${path}`);
    for (const path of ['/', '/apply', '/officer', '/sign-in']) await visitor.page(path);
    expect(JSON.stringify([await world.rows(), await world.database('applications')])).toBe(before);
  });

  it('never shows a stack, as page or as problem', async () => {
    await world.database.schema.renameTable('applications', 'gone');
    const visitor = world.visitor();
    const page = await visitor.form('/applications/K26-0000-0000/enter', { accessCode: '12345678' }, '/apply');
    const problem = await visitor.json('/applications/K26-0000-0000/enter', { accessCode: '12345678' }, 'en');
    await world.database.schema.renameTable('gone', 'applications');
    for (const { status, text } of [page, problem]) {
      expect(status).toBe(500);
      expect(text).not.toMatch(/SQLITE|no such table|\bat .*\.ts/);
    }
    expect(problem.body).toMatchObject({ code: 'internalError', status: 500 });
  });

  it('speaks the language that was chosen, else the one preferred, else Japanese', async () => {
    expect((await request(world.url).get('/')).text).toContain('<html lang="ja">');
    expect((await request(world.url).get('/').set('Accept-Language', 'en-GB')).text).toContain('<html lang="en">');
    const agent = request.agent(world.url);
    await agent.get('/?lang=en');
    expect((await agent.get('/').set('Accept-Language', 'ja')).text).toContain('<html lang="en">');
  });
});

describe('settings', () => {
  it('name every mistake at once', () => {
    expect(() => readSettings({ KAKUIN_MAIL: 'carrier pigeon', KAKUIN_PORTAL_PORT: 'x' })).toThrow(
      /KAKUIN_HOME.*KAKUIN_DATABASE.*KAKUIN_POLICIES.*KAKUIN_PORTAL_PORT.*KAKUIN_PORTAL_URL.*KAKUIN_APPROVAL_URL.*KAKUIN_MAIL.*KAKUIN_ROBINS.*KAKUIN_NTA/s,
    );
  });
});
