/**
 * A TLS door before the portal's Unix socket, for a first try on one machine: it asks for a client certificate and passes
 * on the one whose key the other side proved to have, as a proxy in production does (docs/decisions/0017).
 */
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { systemClock } from '../ca-core/clock.ts';
import { generatePrivateKey, signingKeyOf } from '../ca-core/keys/software-key.ts';
import { contextPrimitive, sequence } from '../ca-core/x509/der.ts';
import { extendedKeyUsage, keyUsage, subjectAltName } from '../ca-core/x509/extensions.ts';
import { oids } from '../ca-core/x509/oids.ts';
import { selfSigned } from '../issuing-station/pairing/own-certificate.ts';

export interface Front {
  /** `https://localhost:port`. */
  readonly url: string;
  /** PEM: whoever comes trusts this one certificate, which lives as long as this program. */
  readonly certificate: string;
  readonly close: () => Promise<void>;
}

/** Listens on the loopback address alone; port 0 is any. */
export async function openFront(socketPath: string, port = 0): Promise<Front> {
  const { certificate, key } = await ownCertificate();
  const options = { cert: certificate, key, requestCert: true, rejectUnauthorized: false };
  const server = createServer(options, (incoming, outgoing) => pass(incoming, outgoing, socketPath));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    url: `https://localhost:${(server.address() as AddressInfo).port}`,
    certificate,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function pass(incoming: IncomingMessage, outgoing: ServerResponse, socketPath: string): void {
  const { method, url: path } = incoming;
  // TLS proved that the other side has the key; whatever else it says of certificates is dropped.
  const { raw } = (incoming.socket as unknown as TLSSocket).getPeerCertificate() as { readonly raw?: Buffer };
  const presented = raw === undefined ? {} : { 'client-cert': `:${raw.toString('base64')}:` };
  const headers = { ...incoming.headers, 'client-cert': '', ...presented };
  const inside = request({ socketPath, method, path, headers }, answer => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(outgoing);
  });
  inside.on('error', () => {
    if (!outgoing.headersSent) outgoing.writeHead(502);
    outgoing.end();
  });
  incoming.pipe(inside);
}

const thirtyDays = 30 * 86_400;
const dnsNameTag = 2;

async function ownCertificate(): Promise<{ certificate: string; key: string }> {
  const privateKey = await generatePrivateKey('p-256');
  const dnsName = contextPrimitive(dnsNameTag, Buffer.from('localhost', 'ascii'));
  const certificate = await selfSigned(signingKeyOf(privateKey, 'p-256'), {
    ...{ commonName: 'localhost', now: systemClock.now(), lifetime: thirtyDays },
    extensions: [
      keyUsage(['digitalSignature']),
      extendedKeyUsage([oids.serverAuth]),
      subjectAltName(sequence(dnsName)),
    ],
  });
  return { certificate, key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString() };
}
