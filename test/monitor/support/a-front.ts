/** What stands between a service and the world: passes everything on until it is told to answer something else itself. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

export interface Front {
  readonly url: string;
  /** From now on this path is answered so. */
  readonly instead: (path: string, bytes: Uint8Array, status?: number) => void;
  /** How long every answer is held back, milliseconds. */
  readonly holdBack: (milliseconds: number) => void;
  readonly honest: () => void;
  readonly close: () => void;
  /** The newest answer that it passed on. */
  readonly passed: () => Uint8Array;
}

export async function aFront(behind: string): Promise<Front> {
  const lies = new Map<string, { readonly bytes: Uint8Array; readonly status: number }>();
  let delay = 0;
  let newest: Uint8Array = new Uint8Array(0);
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      void (async () => {
        if (delay > 0) await pause(delay);
        const lie = lies.get(request.url ?? '');
        if (lie !== undefined) return response.writeHead(lie.status).end(lie.bytes);
        const isPost = request.method === 'POST';
        const answer = await fetch(behind + (request.url ?? ''), {
          ...(isPost ? { method: 'POST', body: Buffer.concat(pieces) } : {}),
          headers: { 'content-type': request.headers['content-type'] ?? '' },
        });
        newest = new Uint8Array(await answer.arrayBuffer());
        return response.writeHead(answer.status).end(newest);
      })().catch(() => response.writeHead(502).end());
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    instead: (path, bytes, status = 200) => void lies.set(path, { bytes, status }),
    holdBack: milliseconds => (delay = milliseconds),
    honest: () => {
      lies.clear();
      delay = 0;
    },
    close: () => server.close(() => undefined).closeAllConnections(),
    passed: () => newest,
  };
}
