import { createServer } from 'node:net';
import { PkiError } from '../ca-core/errors.ts';
import type { Settings } from './settings.ts';

/** Throws portInUse, naming the setting, when a port that the platform needs is taken. */
export async function checkPorts(settings: Settings): Promise<void> {
  for (const [setting, port] of settings.ports) {
    if (await isTaken(port)) throw new PkiError('portInUse', { port, setting });
  }
}

/** As many free ports as asked for, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0)));
  const ports = servers.map(server => server.port);
  await Promise.all(servers.map(server => server.close()));
  return ports;
}

async function isTaken(port: number): Promise<boolean> {
  try {
    await (await listen(port)).close();
    return false;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return true;
    throw error;
  }
}

interface Listening {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Without a host Node listens on every address, so another program on any of them is noticed. */
function listen(port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, () => {
      const address = server.address();
      const close = () => new Promise<void>(closed => server.close(() => closed()));
      resolve({ port: address !== null && typeof address === 'object' ? address.port : port, close });
    });
  });
}
