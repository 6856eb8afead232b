/** A client certificate on a token opens an account: over the proxy's socket alone, while our own records say good. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProxyServer, listenAtSocket } from '../../ra-portal/people/proxy-socket.ts';
import { aPerson, assertionFor, type APerson } from './support/a-person.ts';
import { aPortal, type APortal, type PortalOfficer } from './support/a-portal.ts';
import { apply, proveMailbox, review } from './support/an-application.ts';
import { cookiesOf, overSocket, type SocketAnswer } from './support/over-socket.ts';
import { openssl, opensslBytes } from '../support/openssl.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-proxy-'));
const socket = join(folder, 'portal.sock');
let world: APortal;
let proxy: Server;
let officers: readonly [PortalOfficer, PortalOfficer];
let auditor: APerson;
let der: Buffer;
let serialNumber = '';

beforeAll(async () => {
  world = await aPortal();
  proxy = createProxyServer(world.portal.app);
  await listenAtSocket(proxy, socket);
  officers = await world.officers();
  await officers[0].signIn();
  auditor = await aPerson(world, { role: 'auditor' });
  ({ der, serialNumber } = await anIssuedCertificate());
});
afterAll(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await world.end();
  rmSync(folder, { recursive: true, force: true });
});

async function anIssuedCertificate(): Promise<{ der: Buffer; serialNumber: string }> {
  const applied = await apply(world);
  await proveMailbox(world, applied);
  const digest = await review(world, officers[0], applied.caseId);
  for (const officer of officers) await officer.approve(digest);
  await world.work();
  const issued = await world.store.certificates.ofCase(applied.caseId);
  if (issued === undefined) throw new Error('no certificate');
  return { der: Buffer.from(issued.certificate), serialNumber: issued.serialNumber };
}

const structured = (octets: Buffer): string => `:${octets.toString('base64')}:`;
const escaped = (octets: Buffer): string =>
  encodeURIComponent(
    `-----BEGIN CERTIFICATE-----\n${octets.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----\n`,
  );

const signIn = (header: string, headers: Record<string, string> = {}): Promise<SocketAnswer> =>
  overSocket(socket, world.url, {
    method: 'POST',
    path: '/sign-in/certificate',
    headers: { ...(header === '' ? {} : { 'Client-Cert': header }), ...headers },
  });
const codeOf = ({ text }: SocketAnswer): unknown => (JSON.parse(text) as { code?: unknown }).code;

/** A session of its own, begun over the socket with the passkey, binds what is presented there. */
async function bind(person: APerson, header: string): Promise<SocketAnswer> {
  const body = { assertion: await assertionFor(world, person) };
  const Cookie = cookiesOf(await overSocket(socket, world.url, { method: 'POST', path: '/sign-in', body }));
  const headers = { 'Client-Cert': header, Cookie };
  return overSocket(socket, world.url, { method: 'POST', path: '/account/certificate', headers });
}

async function decide(change: 'revoked' | 'released', reason: string | null): Promise<void> {
  const status = { issuer: '', serial_number: serialNumber, change, reason, revoked_at: world.clock.now() };
  const issuer = (await world.store.certificates.withSerialNumber(serialNumber))?.issuer;
  const row = { ...status, issuer, not_after: world.clock.now() + 1000, created_at: world.clock.now() };
  await world.database('status_changes').insert(row);
}

describe('before it is bound', () => {
  it('opens nothing', async () => {
    const answer = await signIn(structured(der));
    expect(answer.status).toBe(403);
    expect(codeOf(answer)).toBe('certificateUnbound');
  });

  it('is bound by the one who is signed in and presents it, once', async () => {
    expect((await bind(auditor, structured(der))).status).toBe(200);
    expect((await bind(auditor, structured(der))).status).toBe(409);
    const other = await aPerson(world, { role: 'auditor', mailbox: 'other@operator.example' });
    expect((await bind(other, structured(der))).status).toBe(409);
  });
});

describe('over the socket', () => {
  it('opens its owner’s account, in either spelling of the header', async () => {
    for (const header of [structured(der), escaped(der)]) {
      const answer = await signIn(header);
      expect(answer.status).toBe(200);
      const Cookie = cookiesOf(answer);
      const page = await overSocket(socket, world.url, { method: 'GET', path: '/account', headers: { Cookie } });
      expect(JSON.parse(page.text)).toMatchObject({ id: auditor.id, roles: ['auditor'] });
    }
  });

  it('refuses nothing, nonsense, and what another CA issued, each with a sentence', async () => {
    expect(codeOf(await signIn(''))).toBe('certificateAbsent');
    for (const header of [':AAAA:', 'nonsense', structured(der.subarray(0, 200)), structured(foreign())]) {
      const answer = await signIn(header);
      expect(codeOf(answer)).toBe('certificateForeign');
      expect((JSON.parse(answer.text) as { title: string }).title).toContain('認証局');
    }
  });

  it('refuses a certificate of the CA that is not for client authentication', async () => {
    const issuing = await world.store.issuers.active();
    expect(codeOf(await signIn(structured(Buffer.from(issuing?.certificate ?? []))))).toBe('certificateForeign');
  });

  it('refuses it on hold, opens again when released, and never once revoked', async () => {
    await decide('revoked', 'certificateHold');
    expect(codeOf(await signIn(structured(der)))).toBe('certificateOnHold');
    await decide('released', null);
    expect((await signIn(structured(der))).status).toBe(200);
    await decide('revoked', 'keyCompromise');
    const answer = await signIn(structured(der), { 'Accept-Language': 'en' });
    expect(codeOf(answer)).toBe('certificateRevoked');
    expect(answer.text).toContain('This certificate is revoked');
    await decide('released', null);
  });

  it('refuses it after its end', async () => {
    world.clock.pass(1100 * 86_400);
    expect(codeOf(await signIn(structured(der)))).toMatch(/certificateExpired|certificateForeign/);
    world.clock.pass(-1100 * 86_400);
  });
});

describe('a program of its owner', () => {
  const ask = (headers: Record<string, string>, method: 'GET' | 'POST' = 'GET'): Promise<SocketAnswer> =>
    overSocket(socket, world.url, { method, path: '/api/v1/queue', headers });

  it('needs no session: the certificate is enough for what its owner may see, over the socket alone', async () => {
    const answer = await ask({ 'Client-Cert': structured(der) });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text)).toMatchObject({ tab: 'unassigned' });
    expect((await ask({})).status).toBe(401);
    const header = { 'Client-Cert': structured(der) };
    expect((await world.visitor().look('/api/v1/queue').set(header)).status).toBe(401);
    expect((await ask({ 'Client-Cert': structured(foreign()) })).status).toBe(403);
  });

  it('is not any page of another origin: browsers present certificates by themselves', async () => {
    const path = '/api/v1/queue/claim-next';
    const headers = { 'Client-Cert': structured(der), Origin: 'https://evil.example', 'Idempotency-Key': 'k' };
    const answer = await overSocket(socket, world.url, { method: 'POST', path, headers });
    expect(answer.status).toBe(403);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('what it does not open', () => {
  it('is anything over TCP, whatever the header says', async () => {
    const visitor = world.visitor();
    const post = visitor.json('/sign-in/certificate', {}).set('Client-Cert', structured(der));
    const body: unknown = (await post.expect(403)).body;
    expect(body).toMatchObject({ code: 'certificateAbsent' });
    expect((await visitor.page('/sign-in')).text).not.toContain('/sign-in/certificate');
  });

  it('is an approval: an officer’s session by certificate gives none', async () => {
    const issued = await anIssuedCertificate();
    const [officer] = officers;
    await world.database('bound_certificates').insert({
      issuer: (await world.store.certificates.withSerialNumber(issued.serialNumber))?.issuer,
      serial_number: issued.serialNumber,
      person_id: officer.memberId,
      created_at: world.clock.now(),
    });
    const Cookie = cookiesOf(await signIn(structured(issued.der)));
    const applied = await apply(world);
    await proveMailbox(world, applied);
    await officer.signIn();
    const digest = await review(world, officer, applied.caseId);
    const send = (method: 'GET' | 'POST', path: string): Promise<SocketAnswer> =>
      overSocket(socket, world.url, { method, path, headers: { Cookie } });
    expect((await send('GET', `/officer/cases/${applied.caseId}`)).status).toBe(200);
    await send('POST', `/officer/cases/${applied.caseId}/document`);
    for (const path of ['approve', 'approval', 'approvals']) {
      expect((await send('POST', `/officer/cases/${applied.caseId}/${path}`)).status).toBe(404);
    }
    expect(await world.store.approvals.of(digest)).toEqual([]);
    expect((await send('POST', '/account/certificate')).status).toBe(403);
  });
});

describe('the socket', () => {
  it('that a killed portal left is taken over; one that answers is not', async () => {
    const second = createProxyServer(world.portal.app);
    await expect(listenAtSocket(second, socket)).rejects.toMatchObject({ code: 'portInUse' });
    const left = join(folder, 'left.sock');
    const dead = createProxyServer(world.portal.app);
    await listenAtSocket(dead, left);
    // What a kill leaves: the file without anybody behind it.
    const script = `require('net').createServer().listen(${JSON.stringify(join(folder, 'killed.sock'))},()=>process.kill(process.pid,'SIGKILL'))`;
    try {
      execFileSync(process.execPath, ['-e', script], { stdio: 'ignore' });
    } catch {
      // It killed itself.
    }
    expect(existsSync(join(folder, 'killed.sock'))).toBe(true);
    await listenAtSocket(second, join(folder, 'killed.sock'));
    second.close();
    dead.close();
  });
});

function foreign(): Buffer {
  const key = openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']);
  const request = ['req', '-x509', '-key', 'key', '-subj', '/CN=foreign', '-days', '10', '-outform', 'DER'];
  return opensslBytes([...request, '-addext', 'extendedKeyUsage=clientAuth'], { key });
}
