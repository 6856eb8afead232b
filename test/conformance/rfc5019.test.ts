import { once } from 'node:events';
import { request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Certificate } from '../../ca-core/x509/certificate.ts';
import { createOcspServer } from '../../ocsp-responder/http.ts';
import { aResponderRig, good, opensslRequest, opensslVerdict, readAnswer, type ResponderRig } from '../support/ocsp.ts';

let rig: ResponderRig;
let leaf: Certificate;
let server: Server;
let url: string;
let request: Buffer<ArrayBuffer>;
beforeAll(async () => {
  rig = await aResponderRig();
  leaf = await rig.pki.leaf('0b5019');
  rig.statuses.set(leaf.serialNumber, good());
  server = createOcspServer({ responder: rig.responder, prefix: '/ocsp/', maxAge: 60, clock: rig.clock });
  server.listen(0);
  await once(server, 'listening');
  url = `http://localhost:${(server.address() as AddressInfo).port}/ocsp/`;
  request = Buffer.from(opensslRequest(rig.pki.issuing, [leaf]));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const post = (body: BodyInit, type = 'application/ocsp-request'): Promise<Response> =>
  fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
const bytesOf = async (response: Response): Promise<Uint8Array> => new Uint8Array(await response.arrayBuffer());

describe('§5 transport', () => {
  it('POST and GET give the same answer', async () => {
    const posted = await post(request);
    const got = await fetch(url + encodeURIComponent(request.toString('base64')));
    expect(posted.headers.get('content-type')).toBe('application/ocsp-response');
    const answer = await bytesOf(posted);
    expect(await bytesOf(got)).toEqual(answer);
    expect(opensslVerdict(rig.pki, leaf, answer)).toContain('Response verify OK');
  });

  it('a GET whose slashes and plus signs stand unescaped is understood', async () => {
    for (let extra = 0; extra < 40; extra++) {
      const other = await rig.pki.leaf(`0d${extra.toString(16).padStart(2, '0')}`);
      const text = opensslRequest(rig.pki.issuing, [other], ['-no_nonce', '-sha256']).toString('base64');
      const response = await fetch(url + text);
      expect(readAnswer(await bytesOf(response)).status).toBe(0);
      if (text.includes('/') && text.includes('+')) return;
    }
  });

  it.each([
    ['an empty body', ''],
    ['a text', 'hello'],
    ['more than 10 kB', 'x'.repeat(200_000)],
  ])('%s by POST is a malformedRequest with HTTP 200', async (_, body) => {
    const response = await post(body);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/ocsp-response');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(readAnswer(await bytesOf(response)).status).toBe(1);
  });

  it.each(['x', '%', '%zz', '%00', 'MAMKAQ==?x=1', '../../etc/passwd', 'A'.repeat(14_000)])(
    'GET %s is a malformedRequest with HTTP 200',
    async path => {
      const response = await fetch(url + path);
      expect(response.status).toBe(200);
      expect(readAnswer(await bytesOf(response)).status).toBe(1);
    },
  );

  it('a person who opens the address is told what it is', async () => {
    const response = await fetch(url);
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(await response.text()).toContain('This is an OCSP responder (RFC 6960).');
  });

  it('a path outside the prefix is a malformedRequest too', async () => {
    const response = await fetch(new URL('/elsewhere', url));
    expect(readAnswer(await bytesOf(response)).status).toBe(1);
  });

  it('other methods and other media types are refused, and the server lives on', async () => {
    const refused = [await fetch(url, { method: 'PUT', body: request }), await post(request, 'text/plain')];
    expect(refused.map(({ status }) => status)).toEqual([405, 415]);
    for (const one of refused) expect(await one.text()).toMatch(/^This is an OCSP responder: it .*\n$/);
    expect((await post(request)).status).toBe(200);
  });

  it('survives clients that leave in the middle and bytes that are no HTTP', async () => {
    const { port } = server.address() as AddressInfo;
    for (const text of [
      'POST /ocsp/ HTTP/1.1\r\nhost: x\r\ncontent-length: 500\r\n\r\nabc',
      '\x16\x03\x01\x02\x00',
      'GET \0 HTTP/9',
    ]) {
      const socket = connect(port, 'localhost').on('error', () => undefined);
      await once(socket, 'connect');
      socket.end(text);
      await once(socket.resume(), 'close');
    }
    const broken = httpRequest(url, { method: 'POST', headers: { 'content-length': 100 } }).on(
      'error',
      () => undefined,
    );
    broken.write('abc');
    await new Promise(resolve => setTimeout(resolve, 50));
    broken.destroy();
    expect((await post(request)).status).toBe(200);
  });
});

describe('§6 caching', () => {
  it('says how long, since when, until when, and 304 for what is known', async () => {
    const path = url + encodeURIComponent(request.toString('base64'));
    const { headers } = await fetch(path);
    expect(headers.get('cache-control')).toBe('max-age=60, public, no-transform, must-revalidate');
    expect(Date.parse(headers.get('expires') ?? '') - Date.parse(headers.get('last-modified') ?? '')).toBe(86_400_000);
    const etag = headers.get('etag') ?? '';
    const again = await fetch(path, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    const head = await fetch(path, { method: 'HEAD' });
    expect(head.headers.get('etag')).toBe(etag);
  });

  it('never promises more than nextUpdate', async () => {
    const { at } = rig.clock;
    const { signer } = rig.state;
    rig.clock.at = (signer?.certificate.notAfter ?? 0) - 20;
    const { headers } = await post(request);
    expect(headers.get('cache-control')).toContain('max-age=20,');
    rig.clock.at = at;
  });

  it('nonces and unknown certificates are never kept', async () => {
    const other = await rig.pki.leaf('0e');
    for (const asked of [
      opensslRequest(rig.pki.issuing, [leaf], ['-nonce']),
      opensslRequest(rig.pki.issuing, [other]),
    ]) {
      const response = await post(Buffer.from(asked));
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('etag')).toBeNull();
    }
  });
});
