/** An issuing station on the roll, and what it sends: over the proxy's socket, with the certificate of its key. */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf, encodeDocument, type SignableDocument } from '../../../ca-core/approvals/documents.ts';
import { silentLog } from '../../../ca-core/log.ts';
import { openCa } from '../../../ca-core/open-ca.ts';
import { operations } from '../../../ra-portal/api/operations.ts';
import type { ProblemCode } from '../../../ra-portal/api/problem-codes.ts';
import { createProxyServer, listenAtSocket } from '../../../ra-portal/people/proxy-socket.ts';
import { aStation, type AStation } from '../../support/a-station.ts';
import type { APortal, PortalOfficer } from './a-portal.ts';
import { overSocket } from './over-socket.ts';

export interface StationAnswer {
  readonly status: number;
  readonly body: unknown;
}

export interface AStationBehind extends AStation {
  readonly get: (path: string) => Promise<StationAnswer>;
  readonly post: (path: string, body?: object, key?: string) => Promise<StationAnswer>;
}

export interface AProxy {
  readonly socket: string;
  readonly close: () => void;
}

export async function aProxy({ portal }: APortal): Promise<AProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'kakuin-proxy-'));
  const socket = join(folder, 'portal.sock');
  const server = createProxyServer(portal.app);
  await listenAtSocket(server, socket);
  return {
    socket,
    close: () => {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Both officers sign it onto the roll. */
export async function aStationBehind(
  world: APortal,
  { officers, proxy, memberId }: { officers: readonly PortalOfficer[]; proxy: AProxy; memberId?: string },
): Promise<AStationBehind> {
  const { store, clock, terminal } = world;
  const approve = async (document: SignableDocument): Promise<void> => {
    for (const officer of officers) await officer.approve(digestOf(encodeDocument(document)));
  };
  const core = await openCa(world.ground, { log: silentLog, clock });
  const station = await aStation({ store, clock, console: terminal, approve }, core, memberId);
  await core.close();
  return { ...station, ...requestsOf(world, proxy, station.certificate) };
}

/** The answer is one that the operation describes: its status, and a body of that form. */
function expectDescribed(method: string, path: string, { status, body }: StationAnswer): void {
  const fits = (pattern: string): boolean => new RegExp(`^${pattern.replace(/:\w+/g, '[^/]+')}$`).test(path);
  const operation = operations.find(one => one.method === method && fits(one.path));
  if (operation === undefined) throw new Error(`nothing is described at ${method} ${path}`);
  const { code } = body as { readonly code?: ProblemCode };
  if (status >= 400) {
    const common: readonly ProblemCode[] = ['credentialsRefused', 'certificateForeign', 'notPermitted'];
    if (code === undefined || ![...operation.refusals, ...common].includes(code))
      throw new Error(`${operation.id} does not describe ${code ?? status}`);
    return;
  }
  const schema = operation.answers[status];
  if (schema === undefined || !('parse' in schema)) throw new Error(`${operation.id} does not describe ${status}`);
  schema.parse(body);
}

/** Whoever presents that certificate. */
export function requestsOf(
  { url }: APortal,
  { socket }: AProxy,
  certificate: Buffer,
): Pick<AStationBehind, 'get' | 'post'> {
  const ask = async (method: 'GET' | 'POST', path: string, body = {}, key = ''): Promise<StationAnswer> => {
    const headers = { 'Client-Cert': `:${certificate.toString('base64')}:`, 'Idempotency-Key': key };
    const { status, text } = await overSocket(socket, url, { method, path, headers, body });
    const answer = { status, body: JSON.parse(text) as unknown };
    expectDescribed(method, path, answer);
    return answer;
  };
  return {
    get: path => ask('GET', path),
    post: (path, body, key = randomUUID()) => ask('POST', path, body, key),
  };
}
