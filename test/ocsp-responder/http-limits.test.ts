import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Certificate } from '../../ca-core/x509/certificate.ts';
import { createOcspServer } from '../../ocsp-responder/http.ts';
import { aResponderRig, good, opensslRequest, readAnswer, type ResponderRig } from '../support/ocsp.ts';

let rig: ResponderRig;
let leaf: Certificate;
let server: Server;
let url: string;
beforeEach(async () => {
  rig = await aResponderRig({ mostWaiting: 4 });
  leaf = await rig.pki.leaf('0b');
  rig.statuses.set(leaf.serialNumber, good());
  const limits = { connections: 8, requestTime: 400 };
  server = createOcspServer({ responder: rig.responder, prefix: '/', maxAge: 60, clock: rig.clock, limits });
  server.listen(0);
  await once(server, 'listening');
  url = `http://localhost:${(server.address() as AddressInfo).port}/`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const post = (body: Uint8Array): Promise<Response> =>
  fetch(url, { method: 'POST', body: Buffer.from(body), headers: { 'content-type': 'application/ocsp-request' } });
const statusOf = async (response: Response): Promise<number> =>
  readAnswer(new Uint8Array(await response.arrayBuffer())).status;
const withNonce = () => opensslRequest(rig.pki.issuing, [leaf], ['-nonce']);

async function openSocket(): Promise<Socket> {
  const socket = connect((server.address() as AddressInfo).port, 'localhost').on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

describe('under overload', () => {
  it('more answers than may wait for a signature are shed with 503 and tryLater; what is kept goes on; then all is well', async () => {
    const kept = opensslRequest(rig.pki.issuing, [leaf]);
    await post(kept);
    const { signer } = rig.state;
    if (signer === undefined) throw new Error('no signer');
    const slowly = async (message: Uint8Array) => {
      await pause(300);
      return signer.key.sign(message);
    };
    const { algorithm, publicKey } = signer.key;
    rig.state.signer = { ...signer, key: { algorithm, publicKey, sign: slowly } };
    const asked = Array.from({ length: 7 }, () => post(withNonce()));
    await pause(100);
    expect((await rig.ask(kept)).status).toBe('successful');
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 503, 503, 503]);
    const shed = answers.find(({ status }) => status === 503);
    expect(shed?.headers.get('retry-after')).toBe('1');
    if (shed !== undefined) expect(await statusOf(shed)).toBe(3);
    expect((await post(withNonce())).status).toBe(200);
  });

  it('more connections than allowed are told to try later, far more are not taken, and it recovers within 5 s', async () => {
    // Made before: idle connections are cut off soon here, and OpenSSL takes its time.
    const request = withNonce();
    const sockets = await Promise.all(Array.from({ length: 10 }, openSocket));
    await pause(50);
    const shed = await post(request);
    expect(shed.status).toBe(503);
    expect(shed.headers.get('connection')).toBe('close');
    const more = await Promise.all(Array.from({ length: 20 }, openSocket));
    await pause(50);
    expect(more.filter(socket => socket.destroyed || socket.readableEnded).length + 20).toBeGreaterThan(20);
    for (const socket of [...sockets, ...more]) socket.destroy();
    const since = Date.now();
    while ((await post(request).catch(() => undefined))?.status !== 200) await pause(50);
    expect(Date.now() - since).toBeLessThan(5_000);
  });
});

describe('clients that take their time', () => {
  it.each([
    ['headers', 'POST / HTTP/1.1\r\nhost: x\r\nx-slow: '],
    ['body', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/ocsp-request\r\ncontent-length: 90\r\n\r\nab'],
  ])('an endless %s is cut off', async (_, text) => {
    const socket = await openSocket();
    const since = Date.now();
    socket.write(text);
    await once(socket.resume(), 'close');
    expect(Date.now() - since).toBeLessThan(3_000);
  });

  it('an endless body is answered as soon as it is too long', async () => {
    const socket = await openSocket();
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n');
    for (let sent = 0; sent < 12; sent++) socket.write(`400\r\n${'x'.repeat(1024)}\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString('latin1')).toContain('200 OK');
    socket.destroy();
  });
});

describe('whatever is sent', () => {
  it('mutated requests by POST and GET get an answer with a status, never a 500 and never silence', async () => {
    const request = opensslRequest(rig.pki.issuing, [leaf], ['-nonce', '-sha256']);
    const spoil = fc.record({ at: fc.nat(request.length - 1), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(spoil, { minLength: 1, maxLength: 5 }), fc.boolean(), async (changes, byGet) => {
        const bytes = Buffer.from(request);
        for (const { at, value } of changes) bytes[at] = value;
        const text = bytes.toString('base64');
        const response = await (byGet ? fetch(url + encodeURIComponent(text)) : post(bytes));
        expect(response.status).toBe(200);
        expect([0, 1, 6]).toContain(await statusOf(response));
      }),
      { numRuns: 200 },
    );
  });

  it('octets that are no HTTP get a 4xx or are cut off, and the server lives on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 200 }), async bytes => {
        const socket = await openSocket();
        let answer = '';
        socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
        socket.end(bytes);
        await once(socket, 'close');
        expect(answer).toMatch(/^$|^HTTP\/1\.1 4\d\d/);
      }),
      { numRuns: 60 },
    );
    expect((await post(withNonce())).status).toBe(200);
  });
});
