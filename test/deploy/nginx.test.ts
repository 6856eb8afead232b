/** The nginx example, driven: who comes in with a client certificate, and what of a visitor's headers gets through. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodePem } from '../../ca-core/x509/pem.ts';
import { createCrlServer } from '../../crl-publisher/http.ts';
import { createProxyServer, listenAtSocket } from '../../ra-portal/people/proxy-socket.ts';
import { aPerson, assertionFor, type APerson } from '../ra-portal/support/a-person.ts';
import { aPortal, type APortal } from '../ra-portal/support/a-portal.ts';
import { apply, proveMailbox, review } from '../ra-portal/support/an-application.ts';
import { aPublisher } from '../support/a-publisher.ts';
import { openssl } from '../support/openssl.ts';
import { anNginx, hosts, type AnNginx, type Asked, type Replied } from './an-nginx.ts';

const folder = mkdtempSync(join(tmpdir(), 'kakuin-proxy-'));
const servers: Server[] = [];
let world: APortal;
let nginx: AnNginx;
let person: APerson;
let own: { readonly cert: string; readonly key: string };

/** What reached the desk, and how often the responder was asked. */
let reached: Record<string, unknown> = {};
let asked = 0;

beforeAll(async () => {
  world = await aPortal();
  const socket = join(folder, 'portal.sock');
  const proxy = createProxyServer(world.portal.app);
  await listenAtSocket(proxy, socket);
  servers.push(proxy);
  person = await aPerson(world, { role: 'auditor' });
  own = await anIssuedCertificate();
  const desk = await listening(
    createServer(({ headers }, response) => {
      reached = headers;
      response.end('the desk');
    }),
  );
  // The headers of the responder's own answers; test/conformance/rfc5019.test.ts has those.
  const ocsp = await listening(
    createServer((_, response) => {
      asked += 1;
      response.setHeader('cache-control', 'max-age=60, public, no-transform, must-revalidate');
      response.setHeader('content-type', 'application/ocsp-response');
      response.end('an answer');
    }),
  );
  const issuers = await world.store.issuers.list();
  const clients = issuers.map(({ certificate }) => encodePem('CERTIFICATE', certificate)).join('');
  nginx = await anNginx({ portal: socket, desk, ocsp, crl: await crlPort(), clients });
});
afterAll(async () => {
  await nginx.end();
  for (const server of servers) server.close(() => undefined).closeAllConnections();
  await world.end();
  rmSync(folder, { recursive: true, force: true });
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function crlPort(): Promise<number> {
  const place = { store: world.store, home: join(folder, 'crl') };
  await world.work();
  const publisher = await aPublisher(place, {
    clock: world.clock,
    fetchPublic: () => Promise.resolve(new Uint8Array()),
  });
  await publisher.round().catch(() => undefined);
  return listening(createCrlServer({ files: publisher.files, clock: world.clock }));
}

async function anIssuedCertificate(): Promise<{ cert: string; key: string }> {
  const key = openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']);
  const certificationRequest = openssl(['req', '-new', '-key', 'key', '-subj', '/CN=x'], { key });
  const officers = await world.officers();
  await officers[0].signIn();
  const applied = await apply(world, { delivery: 'csr', certificationRequest });
  await proveMailbox(world, applied);
  const digest = await review(world, officers[0], applied.caseId);
  for (const officer of officers) await officer.approve(digest);
  await world.work();
  const issued = await world.store.certificates.ofCase(applied.caseId);
  if (issued === undefined) throw new Error('no certificate');
  return { cert: encodePem('CERTIFICATE', issued.certificate), key };
}

const toPortal = (path: string, change: Partial<Asked> = {}): Promise<Replied> =>
  nginx.ask({ host: hosts.portal, path, tls: {}, ...change });

function post(path: string, body: object, change: Partial<Asked> = {}): Promise<Replied> {
  const headers = { Origin: world.url, Accept: 'application/json', 'Content-Type': 'application/json' };
  const text = JSON.stringify(body);
  return toPortal(path, { method: 'POST', body: text, ...change, headers: { ...headers, ...change.headers } });
}

const cookiesOf = ({ headers }: Replied): string =>
  [headers['set-cookie'] ?? []]
    .flat()
    .map(line => line.split(';')[0])
    .join('; ');
const codeOf = ({ text }: Replied): unknown => (JSON.parse(text) as { code?: unknown }).code;
const inHeader = (pem: string): string => `:${pem.replace(/-----[^-]+-----|\s/g, '')}:`;

describe('TLS in front', () => {
  it('is 1.2 and 1.3, with HSTS once, and plain HTTP leads there', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const page = await toPortal('/', { tls: { minVersion: version, maxVersion: version } });
      expect(page.status).toBe(200);
      expect(page.headers['strict-transport-security']).toBe('max-age=63072000; includeSubDomains');
      expect(page.headers['server']).toBe('nginx');
    }
    await expect(toPortal('/', { tls: { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' } })).rejects.toThrow();
    const plain = await nginx.ask({ host: hosts.desk, path: '/documents/1' });
    expect([plain.status, plain.headers['location']]).toEqual([301, `https://${hosts.desk}/documents/1`]);
  });

  it('refuses a name that is not ours', async () => {
    await expect(nginx.ask({ host: 'evil.example', path: '/', tls: {} })).rejects.toThrow();
    await expect(nginx.ask({ host: 'evil.example', path: '/' })).rejects.toThrow();
  });
});

describe('a client certificate', () => {
  it('signs in the person it was bound to, for whom the TLS session proved the key', async () => {
    expect(codeOf(await post('/sign-in/certificate', {}, { tls: own }))).toBe('certificateUnbound');
    const begun = await post('/sign-in', { assertion: await assertionFor(world, person) }, { tls: own });
    const Cookie = cookiesOf(begun);
    expect((await post('/account/certificate', {}, { tls: own, headers: { Cookie } })).status).toBe(200);
    const signedIn = await post('/sign-in/certificate', {}, { tls: own });
    expect(signedIn.status).toBe(200);
    const headers = { Cookie: cookiesOf(signedIn), Accept: 'application/json' };
    expect(JSON.parse((await toPortal('/account', { headers })).text)).toMatchObject({ id: person.id });
  });

  it('that is only claimed in a header does not get through, in either spelling, beside no or another certificate', async () => {
    const escaped = encodeURIComponent(own.cert);
    for (const forged of [inHeader(own.cert), escaped]) {
      const headers = { 'Client-Cert': forged, 'Client-Cert-Chain': forged, 'client-cert': forged };
      expect(codeOf(await post('/sign-in/certificate', {}, { headers }))).toBe('certificateAbsent');
      expect(codeOf(await post('/sign-in/certificate', {}, { headers, tls: stranger() }))).toBe('certificateForeign');
    }
  });

  it('reaches the desk never, nor do addresses that a visitor makes up', async () => {
    const headers = { 'Client-Cert': inHeader(own.cert), 'X-Forwarded-For': '1.2.3.4', Forwarded: 'for=1.2.3.4' };
    await nginx.ask({ host: hosts.desk, path: '/', tls: own, headers });
    expect(reached).toMatchObject({ host: hosts.desk, 'x-forwarded-for': '127.0.0.1' });
    for (const name of ['client-cert', 'forwarded', 'x-forwarded-proto', 'x-forwarded-host'])
      expect(reached).not.toHaveProperty(name);
  });
});

describe('status for relying parties', () => {
  it('OCSP by GET is kept, by POST it goes through', async () => {
    const get = (): Promise<Replied> => nginx.ask({ host: hosts.ocsp, path: '/MEUwQzBBMD8%2FPTA7%3D' });
    expect((await get()).headers['x-cache']).toBe('MISS');
    expect([(await get()).headers['x-cache'], asked]).toEqual(['HIT', 1]);
    const posted = await nginx.ask({ host: hosts.ocsp, path: '/', method: 'POST', body: 'a request' });
    expect([posted.status, posted.text, asked]).toEqual([200, 'an answer', 2]);
  });

  it('CRLs and CA certificates are kept too, and nobody puts any there', async () => {
    const get = (path: string): Promise<Replied> => nginx.ask({ host: hosts.crl, path });
    for (const path of ['/crl/issuing/0.crl', '/ca/root.cer']) {
      expect((await get(path)).headers['x-cache']).toBe('MISS');
      expect(await get(path)).toMatchObject({ status: 200, headers: { 'x-cache': 'HIT' } });
    }
    expect((await nginx.ask({ host: hosts.crl, path: '/crl/issuing/0.crl', method: 'PUT', body: 'x' })).status).toBe(
      403,
    );
  });
});

describe('too many', () => {
  it('tries at the doors from one address are told to wait; the other pages go on', async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => post('/sign-in/certificate', {})));
    expect(answers.some(({ status }) => status === 429)).toBe(true);
    expect((await toPortal('/apply')).status).toBe(200);
  });
});

function stranger(): { readonly cert: string; readonly key: string } {
  const key = openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']);
  const words = ['req', '-x509', '-key', 'key', '-subj', '/CN=foreign', '-days', '10'];
  return { key, cert: openssl([...words, '-addext', 'extendedKeyUsage=clientAuth'], { key }) };
}
