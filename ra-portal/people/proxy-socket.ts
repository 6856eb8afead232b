/** The proxy's way in. What it says of a client certificate counts only from here: over TCP anybody can say it. */
import { createServer, type RequestListener, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { unlinkSync } from 'node:fs';
import { PkiError } from '../../ca-core/errors.ts';

/** Connections that came in over the Unix socket. A property of a TCP connection, such as its address, would not do: it is gone once that is torn down. */
const fromProxy = new WeakSet<Socket>();

/** A server for the Unix socket alone; what it takes in is marked as the proxy's. */
export function createProxyServer(listener: RequestListener): Server {
  const server = createServer(listener);
  server.on('connection', socket => fromProxy.add(socket));
  return server;
}

export const cameFromProxy = ({ socket }: { readonly socket: Socket }): boolean => fromProxy.has(socket);

/**
 * Listens at `path`. A socket that a killed portal left is taken over, one that answers is not: throws portInUse.
 * Who may connect is decided by the folder it lies in.
 */
export async function listenAtSocket(server: Server, path: string): Promise<void> {
  try {
    await listen(server, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    if (await answers(path)) throw new PkiError('portInUse', { port: path });
    unlinkSync(path);
    await listen(server, path);
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
